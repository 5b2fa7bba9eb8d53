package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// missingFailures names the arguments that the program uses and the Terraform provider does not know. To drop them in
// silence would leave a resource weaker than the program says.
func (e *entry) missingFailures(news *structpb.Struct) []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, path := range e.Missing {
		if uses(structpb.NewStructValue(news), strings.Split(path, ".")) {
			failures = append(failures, &pulumirpc.CheckFailure{
				Property: path,
				Reason: fmt.Sprintf("%s of Terraform's provider 5.x has no argument for %q; leave it out, or use "+
					"Pulumi's own aws plugin", e.terraform, path),
			})
		}
	}
	return failures
}

// uses tells whether a value is given at a path, in any element where a list is on the way.
func uses(value *structpb.Value, path []string) bool {
	switch kind := value.GetKind().(type) {
	case nil, *structpb.Value_NullValue:
		return false
	case *structpb.Value_ListValue:
		for _, each := range kind.ListValue.GetValues() {
			if uses(each, path) {
				return true
			}
		}
		return false
	case *structpb.Value_StructValue:
		members := kind.StructValue.GetFields()
		if members[signatureKey] != nil && members[wrappedKey] != nil {
			return uses(members[wrappedKey], path)
		}
		return len(path) == 0 || uses(members[path[0]], path[1:])
	default:
		return len(path) == 0
	}
}

// fill makes a name such as `keys-1a2b3c4` where the program gave none, and keeps the one that a resource has.
func (a *autoName) fill(r *pulumirpc.CheckRequest) {
	if a == nil || r.News.GetFields()[a.Field] != nil {
		return
	}
	if r.News == nil || r.News.Fields == nil {
		r.News = &structpb.Struct{Fields: map[string]*structpb.Value{}}
	}
	if old := r.Olds.GetFields()[a.Field]; old != nil {
		r.News.Fields[a.Field] = old
		return
	}
	seed := sha256.Sum256(append([]byte(r.Urn), r.RandomSeed...))
	suffix := "-" + hex.EncodeToString(seed[:])[:7]
	name := a.Prefix + strings.ToLower(r.Urn[strings.LastIndex(r.Urn, "::")+2:])
	if len(name)+len(suffix) > a.Max {
		name = name[:a.Max-len(suffix)]
	}
	r.News.Fields[a.Field] = structpb.NewStringValue(name + suffix)
}

func typeOf(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2][strings.LastIndexByte(parts[2], '$')+1:]
}
