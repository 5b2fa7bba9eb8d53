package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol/types"
)

// cloud is Cloud Control of one account and Region.
type cloud struct {
	client  *cloudcontrol.Client
	roleArn *string
}

// errGone says that a resource is not there (any more).
var errGone = errors.New("the resource does not exist")

const (
	firstPoll      = 500 * time.Millisecond
	slowestPoll    = 10 * time.Second
	defaultTimeout = time.Hour
	// Cloud Control takes one request for a resource at a time, for example while a hook still runs.
	busyAttempts = 8
)

// create makes a resource and returns its identifier, which may be set beside an error: then it exists, half made.
func (c *cloud) create(ctx context.Context, typeName string, desired properties) (string, error) {
	text, err := json.Marshal(desired)
	if err != nil {
		return "", err
	}
	var event *types.ProgressEvent
	err = whileBusy(ctx, func() error {
		answer, err := c.client.CreateResource(ctx, &cloudcontrol.CreateResourceInput{
			TypeName: &typeName, DesiredState: aws.String(string(text)), RoleArn: c.roleArn,
		})
		if err == nil {
			event = answer.ProgressEvent
		}
		return err
	})
	if err != nil {
		return "", plain(err)
	}
	event, err = c.wait(ctx, event)
	return aws.ToString(event.Identifier), err
}

// get returns a resource's state in CloudFormation's names, or errGone.
func (c *cloud) get(ctx context.Context, typeName, id string) (properties, error) {
	answer, err := c.client.GetResource(ctx, &cloudcontrol.GetResourceInput{
		TypeName: &typeName, Identifier: &id, RoleArn: c.roleArn,
	})
	if err != nil {
		return nil, plain(err)
	}
	state := properties{}
	text := aws.ToString(answer.ResourceDescription.Properties)
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return nil, fmt.Errorf("Cloud Control's description of %s: %w", id, err)
	}
	return state, nil
}

func (c *cloud) update(ctx context.Context, typeName, id, patch string) error {
	return c.change(ctx, func() (*types.ProgressEvent, error) {
		answer, err := c.client.UpdateResource(ctx, &cloudcontrol.UpdateResourceInput{
			TypeName: &typeName, Identifier: &id, PatchDocument: &patch, RoleArn: c.roleArn,
		})
		if err != nil {
			return nil, err
		}
		return answer.ProgressEvent, nil
	})
}

func (c *cloud) delete(ctx context.Context, typeName, id string) error {
	return c.change(ctx, func() (*types.ProgressEvent, error) {
		answer, err := c.client.DeleteResource(ctx, &cloudcontrol.DeleteResourceInput{
			TypeName: &typeName, Identifier: &id, RoleArn: c.roleArn,
		})
		if err != nil {
			return nil, err
		}
		return answer.ProgressEvent, nil
	})
}

func (c *cloud) change(ctx context.Context, call func() (*types.ProgressEvent, error)) error {
	var event *types.ProgressEvent
	err := whileBusy(ctx, func() (err error) {
		event, err = call()
		return err
	})
	if err != nil {
		return plain(err)
	}
	_, err = c.wait(ctx, event)
	return err
}

// wait asks for a request's progress until it has ended.
func (c *cloud) wait(ctx context.Context, event *types.ProgressEvent) (*types.ProgressEvent, error) {
	pause := firstPoll
	for {
		switch event.OperationStatus {
		case types.OperationStatusSuccess:
			return event, nil
		case types.OperationStatusFailed, types.OperationStatusCancelComplete:
			if event.ErrorCode == types.HandlerErrorCodeNotFound {
				return event, errGone
			}
			return event, fmt.Errorf("%s of %s: %s %s", event.Operation, aws.ToString(event.TypeName),
				event.ErrorCode, aws.ToString(event.StatusMessage))
		}
		if after := event.RetryAfter; after != nil {
			pause = max(firstPoll, min(time.Until(*after), slowestPoll))
		}
		if err := sleep(ctx, pause); err != nil {
			return event, err
		}
		pause = min(2*pause, slowestPoll)
		answer, err := c.client.GetResourceRequestStatus(ctx, &cloudcontrol.GetResourceRequestStatusInput{
			RequestToken: event.RequestToken,
		})
		if err != nil {
			return event, plain(err)
		}
		event = answer.ProgressEvent
	}
}

func whileBusy(ctx context.Context, call func() error) error {
	pause := firstPoll
	for attempt := 1; ; attempt++ {
		err := call()
		var busy *types.ConcurrentOperationException
		if !errors.As(err, &busy) || attempt == busyAttempts {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, slowestPoll)
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// plain turns "not found" into errGone and leaves the rest.
func plain(err error) error {
	var gone *types.ResourceNotFoundException
	if errors.As(err, &gone) {
		return errGone
	}
	return err
}
