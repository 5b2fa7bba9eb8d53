package main

import (
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	signatureKey = "4dabf18193072939515e22adb298388d"
	wrappedKey   = "value"
	// unknown stands for a string that is not known before the update.
	unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
)

// plainValue is a value as JSON has it, out of the wrapping that marks a secret.
func plainValue(value *structpb.Value) any {
	switch kind := value.GetKind().(type) {
	case *structpb.Value_StructValue:
		members := kind.StructValue.GetFields()
		if inner, ok := members[wrappedKey]; ok && members[signatureKey] != nil {
			return plainValue(inner)
		}
		return plainStruct(kind.StructValue)
	case *structpb.Value_ListValue:
		list := make([]any, len(kind.ListValue.GetValues()))
		for i, each := range kind.ListValue.GetValues() {
			list[i] = plainValue(each)
		}
		return list
	default:
		return value.AsInterface()
	}
}

// plainStruct leaves out null members: to Cloud Control they are the same as absent ones.
func plainStruct(from *structpb.Struct) properties {
	to := properties{}
	for name, value := range from.GetFields() {
		if plain := plainValue(value); plain != nil {
			to[name] = plain
		}
	}
	return to
}

func hasUnknown(value any) bool {
	switch typed := value.(type) {
	case string:
		return typed == unknown
	case []any:
		for _, each := range typed {
			if hasUnknown(each) {
				return true
			}
		}
	case properties:
		for _, each := range typed {
			if hasUnknown(each) {
				return true
			}
		}
	}
	return false
}
