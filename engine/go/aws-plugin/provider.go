package main

import (
	"context"
	"fmt"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// provider answers the engine: configuration and functions here, resources in resources.go.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	table *table
	pool  *pool
}

func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetSchema answers with the name alone: the SDK brings its own types, and the bridge would take minutes.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"aws","version":%q}`, version)}, nil
}

func (p *provider) CheckConfig(ctx context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	client, err := p.pool.at(ctx, "")
	if err != nil {
		return nil, err
	}
	known := p.table.provider
	if failures := known.missingFailures(r.News); failures != nil {
		return &pulumirpc.CheckResponse{Inputs: r.News, Failures: failures}, nil
	}
	r.Urn = bridgeURN(r.Urn, providerToken)
	r.News, r.Olds = known.Fields.configToBridge(r.News), known.Fields.configToBridge(r.Olds)
	response, err := client.CheckConfig(ctx, r)
	if err != nil {
		return nil, readable(err, nil)
	}
	response.Inputs = known.Fields.configToSDK(response.Inputs)
	for _, failure := range response.Failures {
		failure.Property = known.Fields.pathToSDK(failure.Property)
	}
	return response, nil
}

func (p *provider) DiffConfig(ctx context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	client, err := p.pool.at(ctx, "")
	if err != nil {
		return nil, err
	}
	known := p.table.provider
	r.News, r.Olds = known.Fields.configToBridge(r.News), known.Fields.configToBridge(r.Olds)
	r.OldInputs = known.Fields.configToBridge(r.OldInputs)
	response, err := client.DiffConfig(ctx, r)
	if err != nil {
		return nil, readable(err, nil)
	}
	known.Fields.diffToSDK(response)
	return response, nil
}

func (p *provider) Configure(ctx context.Context, r *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	region := text(r.Args, regionKey)
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region == "" {
			region = os.Getenv(variable)
		}
	}
	p.table.provider.Fields.configureRequest(r)
	response, err := p.pool.configure(ctx, r, region)
	return response, readable(err, nil)
}

func (p *provider) Invoke(ctx context.Context, r *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	known, err := p.table.function(r.Tok)
	if err != nil {
		return nil, err
	}
	region := take(r.Args)
	client, err := p.pool.at(ctx, region)
	if err != nil {
		return nil, err
	}
	if region == "" {
		region = p.pool.ownRegion()
	}
	r.Tok, r.Args = known.token, known.Fields.toBridge(r.Args)
	response, err := client.Invoke(ctx, r)
	if err != nil {
		return nil, readable(err, nil)
	}
	response.Return = known.Fields.toSDK(response.Return)
	if !known.Global {
		put(response.Return, region)
	}
	for _, failure := range response.Failures {
		failure.Property = known.Fields.pathToSDK(failure.Property)
	}
	return response, nil
}

func (p *provider) Cancel(ctx context.Context, r *emptypb.Empty) (*emptypb.Empty, error) {
	for _, client := range p.pool.running() {
		_, _ = client.Cancel(ctx, r)
	}
	return r, nil
}

func text(from *structpb.Struct, key string) string {
	if from == nil {
		return ""
	}
	return from.Fields[key].GetStringValue()
}

// take removes the SDK's region argument, which a Terraform provider 5.x does not know, and returns the first it meets.
func take(structs ...*structpb.Struct) (region string) {
	for _, each := range structs {
		if each == nil {
			continue
		}
		if value, ok := each.Fields[regionKey]; ok {
			if region == "" && !isUnknown(value) {
				region = value.GetStringValue()
			}
			delete(each.Fields, regionKey)
		}
	}
	return region
}

// put gives the region back to a result.
func put(into *structpb.Struct, region string) {
	if into != nil && region != "" {
		if into.Fields == nil {
			into.Fields = map[string]*structpb.Value{}
		}
		into.Fields[regionKey] = structpb.NewStringValue(region)
	}
}
