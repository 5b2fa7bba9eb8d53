//go:build tools

// Package pulumi pins the module from which the Pulumi CLI is built where Pulumi's download site cannot be reached.
package pulumi

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
