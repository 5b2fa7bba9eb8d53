// Presents the Pulumi package "aws" (SDK 7) on top of Pulumi's own Terraform bridge, which runs a
// terraform-provider-aws 5.x binary. It translates names and shapes, gives every Region its own backend, and sees to
// it that no process outlives the engine. ../../../docs/engine.md tells when it is used.
package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// The version of the SDK that this plugin answers to; set by the linker.
var version = "7.48.0"

// maxMessage is Pulumi's own limit of one gRPC message.
const maxMessage = 400 << 20

// attachVariable holds the port of a running plugin that this process shall stand for.
const attachVariable = "STRONGROOM_AWS_ATTACH"

func main() {
	if filepath.Base(os.Args[0]) == providerName {
		exit(runTied(os.Getenv(providerVariable), os.Args[1:]))
	}
	if len(os.Args) > 2 && os.Args[1] == tiedCommand {
		exit(runTied(os.Args[2], os.Args[3:]))
	}
	go dieWithParent()
	if len(os.Args) == 2 && os.Args[1] == schemaCommand {
		exit(printSchema())
	}
	if port := os.Getenv(attachVariable); port != "" {
		fmt.Println(port)
		select {}
	}
	exit(serve(os.Args[1:]))
}

func serve(arguments []string) error {
	table, err := loadTable()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	pool := newPool(func() (*child, error) { return startBridge(arguments, table.terraformTypes()) })
	pool.warm()
	pulumirpc.RegisterResourceProviderServer(server, &provider{table: table, pool: pool})
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws: "+err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}
