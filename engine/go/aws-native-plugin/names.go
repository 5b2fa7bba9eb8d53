package main

import (
	"slices"
	"strings"
)

// properties are plain JSON values by name: strings, float64s, bools, nils, lists and further properties.
type properties = map[string]any

// toCloud gives the properties the names that CloudFormation uses: analyzerName becomes AnalyzerName.
func (t *resourceType) toCloud(sdk properties) properties {
	return t.rename(sdk, func(name string) string {
		if renamed, ok := t.Renamed[name]; ok {
			return renamed
		}
		return strings.ToUpper(name[:1]) + name[1:]
	}, func(name string) string { return name })
}

// toSDK is the way back.
func (t *resourceType) toSDK(cloud properties) properties {
	back := map[string]string{}
	for sdk, name := range t.Renamed {
		back[name] = sdk
	}
	sdkName := func(name string) string {
		if renamed, ok := back[name]; ok {
			return renamed
		}
		return strings.ToLower(name[:1]) + name[1:]
	}
	return t.rename(cloud, sdkName, sdkName)
}

// rename changes the names on all levels, except below the free properties, which `own` calls by the SDK's name.
func (t *resourceType) rename(from properties, change, own func(string) string) properties {
	to := properties{}
	for name, value := range from {
		if name == "" || strings.HasPrefix(name, "__") {
			continue
		}
		if slices.Contains(t.Free, own(name)) {
			to[change(name)] = value
		} else {
			to[change(name)] = t.renameValue(value, change, own)
		}
	}
	return to
}

func (t *resourceType) renameValue(value any, change, own func(string) string) any {
	switch typed := value.(type) {
	case properties:
		return t.rename(typed, change, own)
	case []any:
		renamed := make([]any, len(typed))
		for i, each := range typed {
			renamed[i] = t.renameValue(each, change, own)
		}
		return renamed
	default:
		return value
	}
}
