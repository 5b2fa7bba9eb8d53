module strongroom.dev/engine/bridge

go 1.25.11

require github.com/pulumi/pulumi-terraform-bridge/v3 v3.100.0
