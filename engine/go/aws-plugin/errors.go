package main

import (
	"regexp"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

var (
	counted    = regexp.MustCompile(`^\s*\d+ errors? occurred:\s*\n`)
	bullet     = regexp.MustCompile(`(?m)^\s*\* `)
	httpNoise  = regexp.MustCompile(`https response error StatusCode: (\d+), (?:RequestID: [^,]*, )?(?:HostID: [^,]*, )?`)
	blankLines = regexp.MustCompile(`\n\s*\n+`)
)

// plainError is the message of an error without gRPC's prefix and the Terraform provider's packaging.
func plainError(err error) string {
	message := err.Error()
	if from, ok := status.FromError(err); ok {
		message = from.Message()
	}
	message = counted.ReplaceAllString(message, "")
	message = bullet.ReplaceAllString(message, "")
	message = httpNoise.ReplaceAllString(message, "HTTP $1, ")
	return strings.TrimSpace(blankLines.ReplaceAllString(message, "\n"))
}

// readable rewrites an error for people; the state that a half-made resource carries with it is translated too.
func readable(err error, to *route) error {
	if err == nil {
		return nil
	}
	from, ok := status.FromError(err)
	if !ok {
		return err
	}
	rewritten := status.New(from.Code(), plainError(err))
	for _, detail := range from.Details() {
		message, ok := detail.(protoadapt.MessageV1)
		if !ok {
			continue
		}
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok && to != nil {
			failed.Properties, failed.Inputs = to.Fields.toSDK(failed.Properties), to.Fields.toSDK(failed.Inputs)
			to.putRegion(failed.Properties, to.region)
			to.putRegion(failed.Inputs, to.given)
			message = failed
		}
		if with, err := rewritten.WithDetails(message); err == nil {
			rewritten = with
		}
	}
	return rewritten.Err()
}
