package main

import (
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// pathToSDK translates a property path of the bridge, such as `policies[0].policyName`.
func (f fields) pathToSDK(path string) string {
	return f.path(path, false)
}

// pathToBridge translates a property path of the SDK.
func (f fields) pathToBridge(path string) string {
	return f.path(path, true)
}

func (f fields) path(path string, towardsBridge bool) string {
	if len(f) == 0 {
		return path
	}
	names := f
	if !towardsBridge {
		names = f.inverse()
	}
	name, rest := cutName(path)
	spec := names[name]
	if spec == nil {
		return path
	}
	target := name
	if spec.To != "" {
		target = spec.To
	}
	index, rest := cutIndex(rest)
	wrap := spec.Shape == shapeList && towardsBridge || spec.Shape == shapeSingle && !towardsBridge
	switch {
	case spec.Shape == "" || index != "" && wrap:
	case wrap && rest != "":
		index = "[0]"
	default:
		index = ""
	}
	if rest == "" {
		return target + index
	}
	return target + index + "." + spec.Fields.path(strings.TrimPrefix(rest, "."), towardsBridge)
}

// cutName splits off the first name: up to a dot or an index.
func cutName(path string) (name, rest string) {
	if at := strings.IndexAny(path, ".["); at >= 0 {
		return path[:at], path[at:]
	}
	return path, ""
}

// cutIndex splits off an index such as [0] or ["key"].
func cutIndex(path string) (index, rest string) {
	if strings.HasPrefix(path, "[") {
		if at := strings.IndexByte(path, ']'); at >= 0 {
			return path[:at+1], path[at+1:]
		}
	}
	return "", path
}

func (f fields) pathsToBridge(paths []string) []string {
	translated := make([]string, len(paths))
	for i, each := range paths {
		translated[i] = f.pathToBridge(each)
	}
	return translated
}

func (f fields) pathsToSDK(paths []string) []string {
	translated := make([]string, len(paths))
	for i, each := range paths {
		translated[i] = f.pathToSDK(each)
	}
	return translated
}

// diffToSDK translates every path of a diff in place.
func (f fields) diffToSDK(diff *pulumirpc.DiffResponse) {
	diff.Diffs, diff.Replaces, diff.Stables = f.pathsToSDK(diff.Diffs), f.pathsToSDK(diff.Replaces), f.pathsToSDK(diff.Stables)
	detailed := make(map[string]*pulumirpc.PropertyDiff, len(diff.DetailedDiff))
	for path, each := range diff.DetailedDiff {
		detailed[f.pathToSDK(path)] = each
	}
	diff.DetailedDiff = detailed
}
