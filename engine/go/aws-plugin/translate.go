package main

import (
	"google.golang.org/protobuf/types/known/structpb"
)

// Pulumi wraps special values in an object with this key; what they wrap is under "value".
const (
	signatureKey = "4dabf18193072939515e22adb298388d"
	wrappedKey   = "value"
)

const (
	shapeList   = "list"
	shapeSingle = "single"
)

// toBridge renames and reshapes what the SDK sends.
func (f fields) toBridge(sdk *structpb.Struct) *structpb.Struct {
	return f.walk(sdk, true)
}

// toSDK is the way back.
func (f fields) toSDK(bridge *structpb.Struct) *structpb.Struct {
	return f.inverse().walk(bridge, false)
}

// inverse indexes the table by the bridge's names; To is then the SDK's.
func (f fields) inverse() fields {
	inverted := fields{}
	for name, each := range f {
		back := &field{To: name, Shape: each.Shape, Fields: each.Fields}
		if each.To == "" {
			inverted[name] = back
		} else {
			inverted[each.To] = back
		}
	}
	return inverted
}

func (f fields) walk(from *structpb.Struct, towardsBridge bool) *structpb.Struct {
	if from == nil || len(f) == 0 {
		return from
	}
	to := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(from.Fields))}
	for name, value := range from.Fields {
		spec := f[name]
		if spec == nil {
			if _, taken := to.Fields[name]; !taken {
				to.Fields[name] = value
			}
			continue
		}
		target := spec.To
		if target == "" {
			target = name
		}
		to.Fields[target] = spec.value(value, towardsBridge)
	}
	return to
}

func (f *field) value(value *structpb.Value, towardsBridge bool) *structpb.Value {
	if wrapper := value.GetStructValue(); wrapper != nil && wrapper.Fields[signatureKey] != nil {
		if f.Shape == shapeArchive && wrapper.Fields[signatureKey].GetStringValue() == archiveSignature {
			return structpb.NewStringValue(archiveName(wrapper))
		}
		inner, ok := wrapper.Fields[wrappedKey]
		if !ok {
			return value
		}
		copied := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(wrapper.Fields))}
		for key, each := range wrapper.Fields {
			copied.Fields[key] = each
		}
		copied.Fields[wrappedKey] = f.value(inner, towardsBridge)
		return structpb.NewStructValue(copied)
	}
	if f.Shape == shapeArchive {
		return value // The way back: keepArchives puts the archive in its place.
	}
	nested := f.Fields
	if !towardsBridge {
		nested = nested.inverse()
	}
	wrap := f.Shape == shapeList && towardsBridge || f.Shape == shapeSingle && !towardsBridge
	unwrap := f.Shape == shapeList && !towardsBridge || f.Shape == shapeSingle && towardsBridge
	switch kind := value.GetKind().(type) {
	case *structpb.Value_StructValue:
		translated := structpb.NewStructValue(nested.walk(kind.StructValue, towardsBridge))
		if wrap {
			return listOf(translated)
		}
		return translated
	case *structpb.Value_ListValue:
		if unwrap {
			if len(kind.ListValue.Values) == 0 {
				return structpb.NewNullValue()
			}
			// The one element, with its own wrapping (a secret, say) kept.
			return (&field{Fields: f.Fields}).value(kind.ListValue.Values[0], towardsBridge)
		}
		translated := make([]*structpb.Value, len(kind.ListValue.Values))
		for i, each := range kind.ListValue.Values {
			translated[i] = (&field{Fields: f.Fields}).value(each, towardsBridge)
		}
		return listOf(translated...)
	case *structpb.Value_NullValue:
		return value
	default:
		// A plain value in a list of one; an unknown one stays as it is, because its shape is not known either.
		if wrap && !isUnknown(value) {
			return listOf(value)
		}
		return value
	}
}

func listOf(values ...*structpb.Value) *structpb.Value {
	return structpb.NewListValue(&structpb.ListValue{Values: values})
}

// unknowns are the placeholders of values that are not known before the update, one for each kind of value.
var unknowns = map[string]bool{
	"1c4a061d-8072-4f0a-a4cb-0ff528b18fe7": true,
	"3eeb2bf0-c639-47a8-9e75-3b44932eb421": true,
	"04da6b54-80e4-46f7-96ec-b56ff0331ba9": true,
	"6a19a0b0-7e62-4c92-b797-7f8e31da9cc2": true,
	"030794c1-ac77-496b-92df-f27374a8bd58": true,
	"e48ece36-62e2-4504-bad9-02848725956a": true,
	"dd056dcd-154b-4c76-9bd3-c8f88648b5ff": true,
}

func isUnknown(value *structpb.Value) bool {
	return unknowns[value.GetStringValue()]
}
