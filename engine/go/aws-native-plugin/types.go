package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// types.json: the types that this plugin serves; one entry adds a type. Names of properties are the SDK's.
//
//go:embed types.json
var typesJSON []byte

// resourceType is what cannot be told from the SDK alone about a type; it comes from the type's CloudFormation schema.
type resourceType struct {
	CloudFormation string `json:"cloudFormation"`
	// Identifier is the property that the primary identifier stands for, where it is a single one.
	Identifier string   `json:"identifier"`
	ReadOnly   []string `json:"readOnly"`
	// CreateOnly properties cannot be changed: another value makes another resource. Dots lead into objects.
	CreateOnly []string `json:"createOnly"`
	// WriteOnly properties are never given back by Cloud Control.
	WriteOnly []string  `json:"writeOnly"`
	Name      *autoName `json:"name"`
	// Tags is the property with a list of {key, value}, which the provider's default tags are added to.
	Tags string `json:"tags"`
	// Renamed holds the names that differ by more than the first letter: SDK name to CloudFormation name.
	Renamed map[string]string `json:"renamed"`
	// Free lists properties whose keys are the program's own, such as policy documents: they pass unchanged.
	Free []string `json:"free"`
}

type autoName struct {
	Property string `json:"property"`
	Max      int    `json:"max"`
}

func loadTypes() (map[string]*resourceType, error) {
	var types map[string]*resourceType
	if err := json.Unmarshal(typesJSON, &types); err != nil {
		return nil, fmt.Errorf("types.json: %w", err)
	}
	return types, nil
}
