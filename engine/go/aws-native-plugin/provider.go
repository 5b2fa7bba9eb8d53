package main

import (
	"context"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// provider answers the engine: configuration here, resources in resources.go.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	types    map[string]*resourceType
	settings *settings
	cloud    *cloud
	// ended is done when the engine cancels the update.
	ended  context.Context
	cancel context.CancelFunc
}

func newProvider(types map[string]*resourceType) *provider {
	ended, cancel := context.WithCancel(context.Background())
	return &provider{types: types, settings: &settings{}, ended: ended, cancel: cancel}
}

func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetSchema answers with the name alone: the SDK brings its own types.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"aws-native","version":%q}`, version)}, nil
}

func (p *provider) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response := &pulumirpc.CheckResponse{Inputs: r.News}
	if _, err := readSettings(r.News); err != nil {
		response.Failures = []*pulumirpc.CheckFailure{{Reason: err.Error()}}
	}
	return response, nil
}

// DiffConfig replaces the resources of a provider whose Region changes; credentials may change at any time.
func (p *provider) DiffConfig(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, new := plainStruct(r.OldInputs), plainStruct(r.News)
	if len(old) == 0 {
		old = plainStruct(r.Olds)
	}
	whole := &resourceType{CreateOnly: []string{"region"}}
	return diffResponse(whole.compare(old, new)), nil
}

func (p *provider) Configure(ctx context.Context, r *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	read, err := readSettings(r.Args)
	if err != nil {
		return nil, err
	}
	p.settings = read
	if !hasUnknown(plainStruct(r.Args)) {
		if p.cloud, err = read.connect(ctx); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.ConfigureResponse{SupportsPreview: true, AcceptResources: false}, nil
}

func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// known finds the type of a resource.
func (p *provider) known(urn, token string) (*resourceType, error) {
	if token == "" {
		parts := strings.SplitN(urn, "::", 4)
		if len(parts) == 4 {
			token = parts[2][strings.LastIndexByte(parts[2], '$')+1:]
		}
	}
	if found, ok := p.types[token]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("the resource type %s is not in the table of this plugin: add an entry to "+
		"engine/go/aws-native-plugin/types.json, or use Pulumi's own aws-native plugin", token)
}

// connected finds the type and the connection, which is missing while the provider's arguments are not known.
func (p *provider) connected(urn, token string) (*resourceType, *cloud, error) {
	known, err := p.known(urn, token)
	if err == nil && p.cloud == nil {
		err = fmt.Errorf("the provider of %s was not configured", urn)
	}
	return known, p.cloud, err
}

func diffResponse(found change) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		Diffs:           found.properties,
		Replaces:        found.replaces,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
		HasDetailedDiff: true,
	}
	for _, name := range found.properties {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.DetailedDiff[name] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE, InputDiff: true}
	}
	for _, path := range found.replaces {
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{
			Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE, InputDiff: true,
		}
	}
	return response
}

func wrap(from properties) (*structpb.Struct, error) {
	return structpb.NewStruct(from)
}
