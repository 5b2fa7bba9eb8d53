package main

import (
	"context"
	"os"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

const regionKey = "region"

// pool holds a backend per Region. The first one serves the provider's own Region; the others are started when a
// resource first asks for them, because a Terraform provider 5.x is bound to one Region.
type pool struct {
	start func() (*child, error)

	mutex         sync.Mutex
	configuration *pulumirpc.ConfigureRequest
	region        string
	backends      map[string]*backend
}

type backend struct {
	once   sync.Once
	bridge *child
	err    error
}

func newPool(start func() (*child, error)) *pool {
	return &pool{start: start, backends: map[string]*backend{}}
}

// warm begins to start the first backend while the engine still does other work.
func (p *pool) warm() {
	go func() { _, _ = p.at(context.Background(), "") }()
}

// ownRegion is the Region of resources that name none.
func (p *pool) ownRegion() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.region
}

// at returns the backend of a Region; "" stands for the provider's own.
func (p *pool) at(ctx context.Context, region string) (pulumirpc.ResourceProviderClient, error) {
	p.mutex.Lock()
	if region == p.region {
		region = ""
	}
	configuration := p.configuration
	found := p.backends[region]
	if found == nil {
		found = &backend{}
		p.backends[region] = found
	}
	p.mutex.Unlock()

	found.once.Do(func() {
		found.bridge, found.err = p.start()
		if found.err == nil && region != "" && configuration != nil {
			_, found.err = found.bridge.client.Configure(ctx, inRegion(configuration, region))
		}
	})
	if found.err != nil {
		p.forget(region, found)
		return nil, found.err
	}
	return found.bridge.client, nil
}

// forget lets the next call try again after a backend failed to start.
func (p *pool) forget(region string, failed *backend) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.backends[region] == failed {
		delete(p.backends, region)
	}
	if failed.bridge != nil {
		failed.bridge.kill()
	}
}

// configure takes a new configuration. A plugin may be configured again, for another account: the backends of other
// Regions still hold the old credentials and end here.
func (p *pool) configure(ctx context.Context, request *pulumirpc.ConfigureRequest, region string) (
	*pulumirpc.ConfigureResponse, error,
) {
	p.mutex.Lock()
	// With this variable set, a Terraform provider refuses a second configuration, so it starts anew.
	renew := p.configuration != nil && os.Getenv("AWS_CA_BUNDLE") != ""
	p.configuration = proto.Clone(request).(*pulumirpc.ConfigureRequest)
	p.region = region
	for at, old := range p.backends {
		if at != "" || renew {
			delete(p.backends, at)
			old.once.Do(func() {})
			if old.bridge != nil {
				old.bridge.kill()
			}
		}
	}
	p.mutex.Unlock()
	client, err := p.at(ctx, "")
	if err != nil {
		return nil, err
	}
	return client.Configure(ctx, request)
}

// running returns the clients of the backends that are up.
func (p *pool) running() []pulumirpc.ResourceProviderClient {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var clients []pulumirpc.ResourceProviderClient
	for _, each := range p.backends {
		if each.bridge != nil {
			clients = append(clients, each.bridge.client)
		}
	}
	return clients
}

func inRegion(request *pulumirpc.ConfigureRequest, region string) *pulumirpc.ConfigureRequest {
	copied := proto.Clone(request).(*pulumirpc.ConfigureRequest)
	if copied.Args != nil {
		copied.Args.Fields[regionKey] = structpb.NewStringValue(region)
	}
	for key := range copied.Variables {
		if strings.HasSuffix(key, ":"+regionKey) {
			copied.Variables[key] = region
		}
	}
	return copied
}
