// Presents the Pulumi package "aws-native" for the few types that the programs use, over AWS Cloud Control. It stands
// in where Pulumi's own plugin cannot be downloaded.
package main

import (
	"fmt"
	"net"
	"os"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// The version of the SDK that this plugin answers to; set by the linker.
var version = "1.79.0"

// maxMessage is Pulumi's own limit of one gRPC message.
const maxMessage = 400 << 20

func main() {
	go dieWithParent()
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws-native: "+err.Error())
		os.Exit(1)
	}
}

func serve() error {
	types, err := loadTypes()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, newProvider(types))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return server.Serve(listener)
}

// dieWithParent ends this process when the engine is gone, however that ended.
func dieWithParent() {
	parent := os.Getppid()
	for os.Getppid() == parent {
		time.Sleep(500 * time.Millisecond)
	}
	os.Exit(1)
}
