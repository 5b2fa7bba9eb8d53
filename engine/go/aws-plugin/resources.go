package main

import (
	"context"
	"regexp"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// route is what every call about a resource needs: its table entry, its backend and its Region.
type route struct {
	*entry
	client pulumirpc.ResourceProviderClient
	// given is the region argument of the program, empty where there was none.
	given string
	// region is where the resource is.
	region string
}

// route finds the backend and takes the region off the properties.
func (p *provider) route(ctx context.Context, urn, token *string, properties ...*structpb.Struct) (*route, error) {
	if *token == "" {
		*token = typeOf(*urn)
	}
	known, err := p.table.resource(*token)
	if err != nil {
		return nil, err
	}
	found := &route{entry: known, region: p.pool.ownRegion()}
	if !known.Global {
		found.given = take(properties...)
		if found.given != "" {
			found.region = found.given
		}
	}
	if found.client, err = p.pool.at(ctx, found.given); err != nil {
		return nil, err
	}
	*urn, *token = bridgeURN(*urn, known.token), known.token
	return found, nil
}

// putRegion gives the Region back: to a state always, as the SDK's class promises.
func (r *route) putRegion(into *structpb.Struct, region string) {
	if !r.Global {
		put(into, region)
	}
}

func (p *provider) Check(ctx context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	take(r.Olds)
	to, err := p.route(ctx, &r.Urn, &r.Type, r.News)
	if err != nil {
		return nil, err
	}
	if failures := to.missingFailures(r.News); failures != nil {
		return &pulumirpc.CheckResponse{Inputs: r.News, Failures: failures}, nil
	}
	given := r.News
	r.Olds, r.News = to.Fields.toBridge(r.Olds), to.Fields.toBridge(r.News)
	to.AutoName.fill(r)
	response, err := to.client.Check(ctx, r)
	if err != nil {
		return nil, readable(err, to)
	}
	response.Inputs = to.Fields.toSDK(response.Inputs)
	to.Fields.keepArchives(given, response.Inputs)
	to.putRegion(response.Inputs, to.given)
	for _, failure := range response.Failures {
		failure.Property = to.Fields.pathToSDK(failure.Property)
	}
	return response, nil
}

func (p *provider) Diff(ctx context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	was := text(r.Olds, regionKey)
	if was == "" {
		was = text(r.OldInputs, regionKey)
	}
	take(r.Olds, r.OldInputs)
	to, err := p.route(ctx, &r.Urn, &r.Type, r.News)
	if err != nil {
		return nil, err
	}
	if !to.Global && was != "" && was != to.region {
		return &pulumirpc.DiffResponse{
			Changes:         pulumirpc.DiffResponse_DIFF_SOME,
			Diffs:           []string{regionKey},
			Replaces:        []string{regionKey},
			DetailedDiff:    map[string]*pulumirpc.PropertyDiff{regionKey: {Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE}},
			HasDetailedDiff: true,
		}, nil
	}
	r.Olds, r.News, r.OldInputs = to.Fields.toBridge(r.Olds), to.Fields.toBridge(r.News), to.Fields.toBridge(r.OldInputs)
	r.IgnoreChanges = to.Fields.pathsToBridge(r.IgnoreChanges)
	response, err := to.client.Diff(ctx, r)
	if err != nil {
		return nil, readable(err, to)
	}
	to.Fields.diffToSDK(response)
	return response, nil
}

func (p *provider) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	to, err := p.route(ctx, &r.Urn, &r.Type, r.Properties)
	if err != nil {
		return nil, err
	}
	given := r.Properties
	r.Properties = to.Fields.toBridge(given)
	var response *pulumirpc.CreateResponse
	err = to.Fields.withFiles(given, func() (err error) {
		response, err = to.client.Create(ctx, r)
		return err
	}, r.Properties)
	if err != nil {
		return nil, readable(err, to)
	}
	response.Properties = to.Fields.toSDK(response.Properties)
	to.Fields.keepArchives(given, response.Properties)
	to.putRegion(response.Properties, to.region)
	return response, nil
}

// importID splits the SDK's way to import from another Region: ID@REGION.
var importID = regexp.MustCompile(`^(.+)@([a-z]{2}(?:-[a-z]+)+-\d)$`)

func (p *provider) Read(ctx context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if match := importID.FindStringSubmatch(r.Id); match != nil {
		r.Id = match[1]
		if r.Properties == nil {
			r.Properties = &structpb.Struct{}
		}
		if text(r.Properties, regionKey) == "" {
			put(r.Properties, match[2])
		}
	}
	argued := text(r.Inputs, regionKey)
	imported := r.Inputs == nil || len(r.Inputs.Fields) == 0
	to, err := p.route(ctx, &r.Urn, &r.Type, r.Properties, r.Inputs)
	if err != nil {
		return nil, err
	}
	state, inputs := r.Properties, r.Inputs
	r.Inputs, r.Properties = to.Fields.toBridge(inputs), to.Fields.toBridge(state)
	response, err := to.client.Read(ctx, r)
	if err != nil {
		return nil, readable(err, to)
	}
	if response.Id == "" {
		return response, nil
	}
	response.Properties, response.Inputs = to.Fields.toSDK(response.Properties), to.Fields.toSDK(response.Inputs)
	to.Fields.keepArchives(state, response.Properties)
	to.Fields.keepArchives(inputs, response.Inputs)
	to.putRegion(response.Properties, to.region)
	if imported && to.region != p.pool.ownRegion() {
		argued = to.region
	}
	to.putRegion(response.Inputs, argued)
	return response, nil
}

func (p *provider) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	to, err := p.route(ctx, &r.Urn, &r.Type, r.News, r.Olds, r.OldInputs)
	if err != nil {
		return nil, err
	}
	given := r.News
	r.Olds, r.News, r.OldInputs = to.Fields.toBridge(r.Olds), to.Fields.toBridge(given), to.Fields.toBridge(r.OldInputs)
	r.IgnoreChanges = to.Fields.pathsToBridge(r.IgnoreChanges)
	var response *pulumirpc.UpdateResponse
	err = to.Fields.withFiles(given, func() (err error) {
		response, err = to.client.Update(ctx, r)
		return err
	}, r.News, r.Olds, r.OldInputs)
	if err != nil {
		return nil, readable(err, to)
	}
	response.Properties = to.Fields.toSDK(response.Properties)
	to.Fields.keepArchives(given, response.Properties)
	to.putRegion(response.Properties, to.region)
	return response, nil
}

func (p *provider) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	to, err := p.route(ctx, &r.Urn, &r.Type, r.Properties, r.OldInputs)
	if err != nil {
		return nil, err
	}
	r.Properties, r.OldInputs = to.Fields.toBridge(r.Properties), to.Fields.toBridge(r.OldInputs)
	response, err := to.client.Delete(ctx, r)
	return response, readable(err, to)
}
