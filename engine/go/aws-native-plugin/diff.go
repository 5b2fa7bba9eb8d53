package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// change is the difference between what a resource was asked to be and what it shall be.
type change struct {
	// properties that differ, sorted.
	properties []string
	// replaces lists the paths of those that cannot be changed in place.
	replaces []string
}

func (t *resourceType) compare(old, new properties) change {
	var found change
	for _, name := range namesOf(old, new) {
		if !equal(old[name], new[name]) {
			found.properties = append(found.properties, name)
		}
	}
	for _, path := range t.CreateOnly {
		if !equal(at(old, path), at(new, path)) {
			found.replaces = append(found.replaces, path)
		}
	}
	return found
}

// patch writes the change as a JSON patch (RFC 6902) of whole properties; `add` also replaces what is there.
func (t *resourceType) patch(old, new properties) (string, error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	from, to := t.toCloud(old), t.toCloud(new)
	operations := []operation{}
	for _, name := range namesOf(from, to) {
		value, wanted := to[name]
		switch {
		case equal(from[name], value):
		case wanted && value != nil:
			operations = append(operations, operation{"add", "/" + name, value})
		default:
			operations = append(operations, operation{"remove", "/" + name, nil})
		}
	}
	text, err := json.Marshal(operations)
	return string(text), err
}

func namesOf(all ...properties) []string {
	seen := map[string]bool{}
	for _, each := range all {
		for name := range each {
			if !strings.HasPrefix(name, "__") {
				seen[name] = true
			}
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func at(from properties, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return from[name]
	}
	inner, _ := from[name].(properties)
	return at(inner, rest)
}

// equal compares values; the order of a list of tags has no meaning in CloudFormation and none here.
func equal(a, b any) bool {
	left, right := asTags(a), asTags(b)
	if left != nil && right != nil {
		return reflect.DeepEqual(left, right)
	}
	return reflect.DeepEqual(a, b)
}

// asTags turns a list of {key, value} into a map; nil where the value is something else or a key stands twice.
func asTags(value any) map[string]any {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return nil
	}
	tags := map[string]any{}
	for _, each := range list {
		tag, _ := each.(properties)
		key, ok := first(tag, "key", "Key").(string)
		if !ok || len(tag) != 2 {
			return nil
		}
		if _, twice := tags[key]; twice {
			return nil
		}
		tags[key] = first(tag, "value", "Value")
	}
	return tags
}

func first(from properties, names ...string) any {
	for _, name := range names {
		if value, ok := from[name]; ok {
			return value
		}
	}
	return nil
}

// inputsAfter tells what the program would have to say to get the state that was read: its own properties with the
// values read, or, for an import, all that can be said. What is never read back stays as it was.
func (t *resourceType) inputsAfter(state, inputs properties) properties {
	after := properties{}
	if len(inputs) == 0 {
		for name, value := range state {
			if !slices.Contains(t.ReadOnly, name) {
				after[name] = value
			}
		}
		return after
	}
	for name, was := range inputs {
		now, given := state[name]
		switch {
		case slices.Contains(t.WriteOnly, name) || equal(was, now):
			after[name] = was
		case given:
			after[name] = now
		}
	}
	return after
}
