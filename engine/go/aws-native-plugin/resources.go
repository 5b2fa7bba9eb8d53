package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sort"
	"strings"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func (p *provider) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	known, err := p.known(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	inputs := plainStruct(r.News)
	known.addName(inputs, plainStruct(r.Olds), r)
	known.addTags(inputs, p.settings)
	checked, err := wrap(inputs)
	return &pulumirpc.CheckResponse{Inputs: checked}, err
}

// addName makes a name such as `analyzer-1a2b3c4` where the program gave none, and keeps the one that a resource has.
func (t *resourceType) addName(inputs, old properties, r *pulumirpc.CheckRequest) {
	if t.Name == nil || inputs[t.Name.Property] != nil {
		return
	}
	if had := old[t.Name.Property]; had != nil {
		inputs[t.Name.Property] = had
		return
	}
	seed := sha256.Sum256(append([]byte(r.Urn), r.RandomSeed...))
	suffix := "-" + hex.EncodeToString(seed[:])[:7]
	name := r.Urn[strings.LastIndex(r.Urn, "::")+2:]
	inputs[t.Name.Property] = name[:min(len(name), t.Name.Max-len(suffix))] + suffix
}

// addTags adds the provider's default tags that the resource does not set itself.
func (t *resourceType) addTags(inputs properties, settings *settings) {
	if t.Tags == "" || settings.DefaultTags == nil || hasUnknown(inputs[t.Tags]) {
		return
	}
	own, _ := inputs[t.Tags].([]any)
	set := asTags(inputs[t.Tags])
	keys := make([]string, 0, len(settings.DefaultTags.Tags))
	for key := range settings.DefaultTags.Tags {
		if _, taken := set[key]; !taken {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		own = append(own, properties{"key": key, "value": settings.DefaultTags.Tags[key]})
	}
	if len(own) > 0 {
		inputs[t.Tags] = own
	}
}

func (p *provider) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	known, err := p.known(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	old, new := plainStruct(r.OldInputs), plainStruct(r.News)
	for _, path := range r.IgnoreChanges {
		name, _, _ := strings.Cut(strings.SplitN(path, "[", 2)[0], ".")
		if value, had := old[name]; had {
			new[name] = value
		} else {
			delete(new, name)
		}
	}
	found := known.compare(old, new)
	response := diffResponse(found)
	// Two resources cannot have one name: where it stays, the old one must go first.
	response.DeleteBeforeReplace = len(found.replaces) > 0 && known.Name != nil &&
		equal(old[known.Name.Property], new[known.Name.Property])
	return response, nil
}

func (p *provider) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs := plainStruct(r.Properties)
	if r.Preview {
		known, err := p.known(r.Urn, r.Type)
		if err != nil {
			return nil, err
		}
		planned, err := wrap(known.planned(inputs, nil))
		return &pulumirpc.CreateResponse{Properties: planned}, err
	}
	known, cloud, err := p.connected(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	ctx, done := p.within(ctx, r.Timeout)
	defer done()
	id, err := cloud.create(ctx, known.CloudFormation, known.toCloud(inputs))
	if id == "" {
		if err == nil {
			err = errors.New("Cloud Control gave no identifier")
		}
		return nil, err
	}
	state, readError := known.read(ctx, cloud, id, inputs)
	if failed := errors.Join(err, readError); failed != nil {
		return nil, halfMade(id, inputs, failed)
	}
	made, err := wrap(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: made}, err
}

func (p *provider) Read(ctx context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	known, cloud, err := p.connected(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	inputs := plainStruct(r.Inputs)
	state, err := known.read(ctx, cloud, r.Id, inputs)
	if errors.Is(err, errGone) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	properties, err := wrap(state)
	if err != nil {
		return nil, err
	}
	after, err := wrap(known.inputsAfter(state, inputs))
	return &pulumirpc.ReadResponse{Id: r.Id, Properties: properties, Inputs: after}, err
}

func (p *provider) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	new := plainStruct(r.News)
	if r.Preview {
		known, err := p.known(r.Urn, r.Type)
		if err != nil {
			return nil, err
		}
		planned, err := wrap(known.planned(new, plainStruct(r.Olds)))
		return &pulumirpc.UpdateResponse{Properties: planned}, err
	}
	known, cloud, err := p.connected(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	ctx, done := p.within(ctx, r.Timeout)
	defer done()
	patch, err := known.patch(plainStruct(r.OldInputs), new)
	if err != nil {
		return nil, err
	}
	if patch != "[]" {
		if err := cloud.update(ctx, known.CloudFormation, r.Id, patch); err != nil {
			return nil, err
		}
	}
	state, err := known.read(ctx, cloud, r.Id, new)
	if err != nil {
		return nil, err
	}
	properties, err := wrap(state)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (p *provider) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	known, cloud, err := p.connected(r.Urn, r.Type)
	if err != nil {
		return nil, err
	}
	ctx, done := p.within(ctx, r.Timeout)
	defer done()
	if err := cloud.delete(ctx, known.CloudFormation, r.Id); err != nil && !errors.Is(err, errGone) {
		return nil, err
	}
	return &emptypb.Empty{}, nil
}

// read returns the whole state in the SDK's names; what Cloud Control never gives back is taken from the inputs.
func (t *resourceType) read(ctx context.Context, cloud *cloud, id string, inputs properties) (properties, error) {
	described, err := cloud.get(ctx, t.CloudFormation, id)
	if err != nil {
		return nil, err
	}
	state := t.toSDK(described)
	for _, name := range t.WriteOnly {
		if value, given := inputs[name]; given {
			state[name] = value
		}
	}
	if t.Identifier != "" && state[t.Identifier] == nil {
		state[t.Identifier] = id
	}
	return state, nil
}

// planned is a preview's state: what will be asked for, and what only AWS decides as it is or not known yet.
func (t *resourceType) planned(inputs, old properties) properties {
	state := properties{}
	for name, value := range inputs {
		state[name] = value
	}
	for _, name := range t.ReadOnly {
		state[name] = unknown
		if value, had := old[name]; had {
			state[name] = value
		}
	}
	return state
}

// within bounds an operation by the resource's own timeout (in seconds), the default, and the end of the update.
func (p *provider) within(ctx context.Context, seconds float64) (context.Context, func()) {
	limit := defaultTimeout
	if seconds > 0 {
		limit = time.Duration(seconds * float64(time.Second))
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(p.ended, cancel)
	return bounded, func() {
		stop()
		cancel()
	}
}

// halfMade reports a resource that exists although its creation failed, so that the engine keeps track of it.
func halfMade(id string, inputs properties, cause error) error {
	state, err := wrap(inputs)
	if err != nil {
		return cause
	}
	failed := status.New(codes.Unknown, cause.Error())
	detailed, err := failed.WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Inputs: state, Reasons: []string{cause.Error()},
	})
	if err != nil {
		return cause
	}
	return detailed.Err()
}
