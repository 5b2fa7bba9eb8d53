package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	bridgeName   = "pulumi-resource-terraform-provider"
	providerName = "terraform-provider-aws"
	// providerVariable names the real Terraform provider; the bridge is given a link to this program instead.
	providerVariable = "TERRAFORM_PROVIDER_AWS"
	// bridgeVariable names the bridge; without it, it is beside this program.
	bridgeVariable = "STRONGROOM_TERRAFORM_BRIDGE"
	// typesVariable tells the bridge which schemas to keep (see ../bridge/lean.go.txt).
	typesVariable = "STRONGROOM_TERRAFORM_TYPES"
)

// child is one bridge process with the Terraform provider under it.
type child struct {
	client  pulumirpc.ResourceProviderClient
	process *os.Process
}

func (c *child) kill() {
	_ = c.process.Kill()
}

// startBridge starts a bridge and gives it the Terraform provider. Both end when this process ends.
func startBridge(arguments, types []string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(self)
	if os.Getenv(providerVariable) == "" {
		return nil, fmt.Errorf("%s is not set: it names the %s binary (`npx strongroom doctor` tells where it is)",
			providerVariable, providerName)
	}
	bridge := os.Getenv(bridgeVariable)
	if bridge == "" {
		bridge = filepath.Join(folder, bridgeName)
	}
	command := exec.Command(self, append([]string{tiedCommand, bridge}, arguments...)...)
	command.Env = append(os.Environ(), typesVariable+"="+strings.Join(types, ","))
	errors := &tail{}
	command.Stderr = errors
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := <-onSteadyThread(command.Start); err != nil {
		return nil, err
	}
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		_ = command.Wait()
		return nil, fmt.Errorf("the Terraform bridge did not start: %s", errors.text())
	}
	go func() {
		_, _ = io.Copy(io.Discard, output)
		_ = command.Wait()
	}()
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return nil, err
	}
	started := &child{pulumirpc.NewResourceProviderClient(connection), command.Process}
	_, err = started.client.Parameterize(context.Background(), &pulumirpc.ParameterizeRequest{
		Parameters: &pulumirpc.ParameterizeRequest_Args{Args: &pulumirpc.ParameterizeRequest_ParametersArgs{
			Args: []string{filepath.Join(folder, providerName)},
		}},
	})
	if err != nil {
		started.kill()
		return nil, fmt.Errorf("the Terraform bridge cannot run %s: %s %s",
			os.Getenv(providerVariable), plainError(err), errors.text())
	}
	return started, nil
}

var steady = func() chan func() {
	work := make(chan func())
	go func() {
		// The parent-death signal is sent when the thread that started a child ends, so that thread must stay.
		runtime.LockOSThread()
		for do := range work {
			do()
		}
	}()
	return work
}()

func onSteadyThread(do func() error) <-chan error {
	done := make(chan error, 1)
	steady <- func() { done <- do() }
	return done
}

// tail keeps the end of a child's error output, for the message in case it fails.
type tail struct {
	mutex sync.Mutex
	bytes []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(more []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.bytes = append(t.bytes, more...)
	if len(t.bytes) > tailBytes {
		t.bytes = t.bytes[len(t.bytes)-tailBytes:]
	}
	return len(more), nil
}

func (t *tail) text() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return strings.TrimSpace(string(t.bytes))
}
