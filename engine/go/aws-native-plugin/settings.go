package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"google.golang.org/protobuf/types/known/structpb"
)

// settings are the provider's arguments as @pulumi/aws-native has them.
type settings struct {
	Region                string      `json:"region"`
	AccessKey             string      `json:"accessKey"`
	SecretKey             string      `json:"secretKey"`
	Token                 string      `json:"token"`
	Profile               string      `json:"profile"`
	SharedCredentialsFile string      `json:"sharedCredentialsFile"`
	RoleArn               string      `json:"roleArn"`
	AllowedAccountIds     []string    `json:"allowedAccountIds"`
	ForbiddenAccountIds   []string    `json:"forbiddenAccountIds"`
	MaxRetries            int         `json:"maxRetries"`
	AssumeRole            *assumeRole `json:"assumeRole"`
	DefaultTags           *struct {
		Tags map[string]string `json:"tags"`
	} `json:"defaultTags"`
	Endpoints []struct {
		CloudControl string `json:"cloudcontrol"`
		STS          string `json:"sts"`
	} `json:"endpoints"`
}

type assumeRole struct {
	RoleArn           string            `json:"roleArn"`
	SessionName       string            `json:"sessionName"`
	ExternalID        string            `json:"externalId"`
	DurationSeconds   int               `json:"durationSeconds"`
	Policy            string            `json:"policy"`
	PolicyArns        []string          `json:"policyArns"`
	Tags              map[string]string `json:"tags"`
	TransitiveTagKeys []string          `json:"transitiveTagKeys"`
}

// textSettings are plain strings; the SDK sends every other argument as JSON text.
var textSettings = []string{
	"region", "accessKey", "secretKey", "token", "profile", "sharedCredentialsFile", "roleArn",
}

func readSettings(arguments *structpb.Struct) (*settings, error) {
	decoded := properties{}
	for name, value := range arguments.GetFields() {
		plain := plainValue(value)
		if text, ok := plain.(string); ok && !slices.Contains(textSettings, name) {
			var parsed any
			if err := json.Unmarshal([]byte(text), &parsed); err != nil {
				continue // `version` and other marks that are no arguments
			}
			plain = parsed
		}
		decoded[name] = plain
	}
	text, err := json.Marshal(decoded)
	if err != nil {
		return nil, err
	}
	read := &settings{}
	if err := json.Unmarshal(text, read); err != nil {
		return nil, fmt.Errorf("the provider's arguments: %w", err)
	}
	return read, nil
}

// connect makes the clients and refuses to go on in a wrong account.
func (s *settings) connect(ctx context.Context) (*cloud, error) {
	options := []func(*config.LoadOptions) error{config.WithRegion(s.Region)}
	if s.AccessKey != "" {
		fixed := credentials.NewStaticCredentialsProvider(s.AccessKey, s.SecretKey, s.Token)
		options = append(options, config.WithCredentialsProvider(fixed))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	if s.SharedCredentialsFile != "" {
		options = append(options, config.WithSharedCredentialsFiles([]string{s.SharedCredentialsFile}))
	}
	if s.MaxRetries > 0 {
		options = append(options, config.WithRetryMaxAttempts(s.MaxRetries))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	var controlEndpoint, stsEndpoint *string
	for _, each := range s.Endpoints {
		controlEndpoint, stsEndpoint = orNil(each.CloudControl), orNil(each.STS)
	}
	atSTS := func(o *sts.Options) {
		if stsEndpoint != nil {
			o.BaseEndpoint = stsEndpoint
		}
	}
	if s.AssumeRole != nil && s.AssumeRole.RoleArn != "" {
		assumed := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded, atSTS), s.AssumeRole.RoleArn, s.AssumeRole.apply)
		loaded.Credentials = aws.NewCredentialsCache(assumed)
	}
	if err := s.checkAccount(ctx, sts.NewFromConfig(loaded, atSTS)); err != nil {
		return nil, err
	}
	client := cloudcontrol.NewFromConfig(loaded, func(o *cloudcontrol.Options) {
		if controlEndpoint != nil {
			o.BaseEndpoint = controlEndpoint
		}
	})
	return &cloud{client: client, roleArn: orNil(s.RoleArn)}, nil
}

func (s *settings) checkAccount(ctx context.Context, client *sts.Client) error {
	if len(s.AllowedAccountIds) == 0 && len(s.ForbiddenAccountIds) == 0 {
		return nil
	}
	identity, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("the account cannot be checked: %w", err)
	}
	account := aws.ToString(identity.Account)
	allowed := len(s.AllowedAccountIds) == 0 || slices.Contains(s.AllowedAccountIds, account)
	if !allowed || slices.Contains(s.ForbiddenAccountIds, account) {
		return fmt.Errorf("the credentials belong to account %s, which this provider may not touch (allowed: %s)",
			account, strings.Join(s.AllowedAccountIds, ", "))
	}
	return nil
}

func (a *assumeRole) apply(o *stscreds.AssumeRoleOptions) {
	if a.SessionName != "" {
		o.RoleSessionName = a.SessionName
	}
	o.ExternalID, o.Policy = orNil(a.ExternalID), orNil(a.Policy)
	if a.DurationSeconds > 0 {
		o.Duration = time.Duration(a.DurationSeconds) * time.Second
	}
	for _, arn := range a.PolicyArns {
		o.PolicyARNs = append(o.PolicyARNs, ststypes.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	for key, value := range a.Tags {
		o.Tags = append(o.Tags, ststypes.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	o.TransitiveTagKeys = a.TransitiveTagKeys
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
