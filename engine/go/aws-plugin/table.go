package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// types.json: the SDK's type tokens that this plugin serves, each with its Terraform type. One line adds a type; then
// `node dist/engine/names/generate.js` writes names.json again.
//
//go:embed types.json
var typesJSON []byte

// names.json: where the SDK's names and shapes differ from the bridge's; generated, checked by a unit test.
//
//go:embed names.json
var namesJSON []byte

// entry says how one type of the SDK is known to the bridge.
type entry struct {
	token string
	// Terraform's name, for example aws_kms_key.
	terraform string
	// Global types have no Region: their SDK class has no `region` argument.
	Global bool `json:"global,omitempty"`
	// AutoName names the bridge's property that is filled in when the program gives no name.
	AutoName *autoName `json:"autoName,omitempty"`
	// Missing lists the SDK's arguments that the Terraform provider does not know, as paths (`rules.filter.size`).
	Missing []string `json:"missing,omitempty"`
	Fields  fields   `json:"fields,omitempty"`
}

type autoName struct {
	Field  string `json:"field"`
	Prefix string `json:"prefix,omitempty"`
	Max    int    `json:"max"`
}

// fields holds the SDK's property names that need work; all others pass as they are.
type fields map[string]*field

type field struct {
	// To is the bridge's name where it is another one.
	To string `json:"to,omitempty"`
	// Shape is "list" where the bridge wants a list of the SDK's one object, "single" the other way round, and
	// "archive" where it wants a file's name.
	Shape  string `json:"shape,omitempty"`
	Fields fields `json:"fields,omitempty"`
}

type table struct {
	provider  *entry
	resources map[string]*entry
	functions map[string]*entry
}

func loadTable() (*table, error) {
	var types struct {
		Resources map[string]string `json:"resources"`
		Functions map[string]string `json:"functions"`
	}
	if err := json.Unmarshal(typesJSON, &types); err != nil {
		return nil, fmt.Errorf("types.json: %w", err)
	}
	var names map[string]*entry
	if err := json.Unmarshal(namesJSON, &names); err != nil {
		return nil, fmt.Errorf("names.json: %w", err)
	}
	link := func(terraform map[string]string, function bool) map[string]*entry {
		entries := map[string]*entry{}
		for token, name := range terraform {
			linked := names[token]
			if linked == nil {
				linked = &entry{}
			}
			linked.terraform, linked.token = name, bridgeToken(name, function)
			entries[token] = linked
		}
		return entries
	}
	provider := names[providerToken]
	if provider == nil {
		return nil, fmt.Errorf("names.json has no entry %s", providerToken)
	}
	provider.terraform = "the configuration"
	return &table{provider, link(types.Resources, false), link(types.Functions, true)}, nil
}

// bridgeToken is the token that the bridge makes of a Terraform name: aws_kms_key is aws:index/kmsKey:KmsKey.
func bridgeToken(terraform string, function bool) string {
	var pascal strings.Builder
	for _, part := range strings.Split(strings.TrimPrefix(terraform, "aws_"), "_") {
		if part != "" {
			pascal.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	name := pascal.String()
	if function {
		return "aws:index/get" + name + ":get" + name
	}
	return "aws:index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name
}

func (t *table) resource(token string) (*entry, error) {
	return find(t.resources, token, "resource type")
}

func (t *table) function(token string) (*entry, error) {
	return find(t.functions, token, "function")
}

func find(entries map[string]*entry, token, what string) (*entry, error) {
	if found, ok := entries[token]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("the %s %s is not in the table of this plugin: add a line to "+
		"engine/go/aws-plugin/types.json, or use Pulumi's own aws plugin", what, token)
}

// terraformTypes lists the Terraform resources and data sources in use.
func (t *table) terraformTypes() []string {
	var names []string
	for _, each := range t.resources {
		names = append(names, each.terraform)
	}
	for _, each := range t.functions {
		names = append(names, each.terraform)
	}
	sort.Strings(names)
	return names
}

// bridgeURN puts the bridge's token into a URN: urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME.
func bridgeURN(urn, token string) string {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return urn
	}
	types := strings.Split(parts[2], "$")
	types[len(types)-1] = token
	parts[2] = strings.Join(types, "$")
	return strings.Join(parts, "::")
}
