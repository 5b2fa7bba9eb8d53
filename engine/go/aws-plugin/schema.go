package main

import (
	"context"
	"fmt"
	"net"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// schemaCommand prints the bridge's schema of the types in the table, as JSON; the generator of names.json reads it.
const schemaCommand = "schema"

func printSchema() error {
	table, err := loadTable()
	if err != nil {
		return err
	}
	engine, err := startQuietEngine()
	if err != nil {
		return err
	}
	bridge, err := startBridge([]string{engine}, table.terraformTypes())
	if err != nil {
		return err
	}
	defer bridge.kill()
	response, err := bridge.client.GetSchema(context.Background(), &pulumirpc.GetSchemaRequest{})
	if err != nil {
		return err
	}
	_, err = fmt.Println(response.Schema)
	return err
}

// quietEngine takes the bridge's log messages and drops them: the bridge crashes where it has nobody to write to.
type quietEngine struct {
	pulumirpc.UnimplementedEngineServer
}

func (quietEngine) Log(context.Context, *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func startQuietEngine() (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, quietEngine{})
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), nil
}
