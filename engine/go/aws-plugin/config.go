package main

import (
	"encoding/json"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// providerToken is the entry of names.json with the provider's own arguments.
const providerToken = "pulumi:providers:aws"

// configToBridge translates provider arguments. The SDK sends whatever is not a plain string as JSON text.
func (f fields) configToBridge(sdk *structpb.Struct) *structpb.Struct {
	return f.config(sdk, true)
}

func (f fields) configToSDK(bridge *structpb.Struct) *structpb.Struct {
	return f.inverse().config(bridge, false)
}

func (f fields) config(from *structpb.Struct, towardsBridge bool) *structpb.Struct {
	if from == nil {
		return nil
	}
	to := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(from.Fields))}
	for name, value := range from.Fields {
		spec := f[name]
		if spec == nil {
			to.Fields[name] = value
			continue
		}
		target := name
		if spec.To != "" {
			target = spec.To
		}
		to.Fields[target] = spec.configValue(value, towardsBridge)
	}
	return to
}

func (f *field) configValue(value *structpb.Value, towardsBridge bool) *structpb.Value {
	if inner := value.GetStructValue().GetFields()[wrappedKey]; inner != nil &&
		value.GetStructValue().Fields[signatureKey] != nil {
		copied := &structpb.Struct{Fields: map[string]*structpb.Value{}}
		for key, each := range value.GetStructValue().Fields {
			copied.Fields[key] = each
		}
		copied.Fields[wrappedKey] = f.configValue(inner, towardsBridge)
		return structpb.NewStructValue(copied)
	}
	text, isText := value.GetKind().(*structpb.Value_StringValue)
	if !isText {
		return f.value(value, towardsBridge)
	}
	return structpb.NewStringValue(f.configText(text.StringValue, towardsBridge))
}

// configText translates JSON text and leaves alone what is none, such as the mark of an unknown value.
func (f *field) configText(text string, towardsBridge bool) string {
	var parsed structpb.Value
	if !strings.ContainsAny(text, "{[") || json.Unmarshal([]byte(text), &parsed) != nil {
		return text
	}
	translated, err := json.Marshal(f.value(&parsed, towardsBridge))
	if err != nil {
		return text
	}
	return string(translated)
}

// configureRequest translates a whole Configure request in place: the arguments come in two forms.
func (f fields) configureRequest(r *pulumirpc.ConfigureRequest) {
	r.Args = f.configToBridge(r.Args)
	for key, value := range r.Variables {
		name := key[strings.LastIndexByte(key, ':')+1:]
		spec := f[name]
		if spec == nil {
			continue
		}
		target := name
		if spec.To != "" {
			target = spec.To
			delete(r.Variables, key)
		}
		r.Variables[strings.TrimSuffix(key, name)+target] = spec.configText(value, true)
	}
}
