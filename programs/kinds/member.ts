import * as pulumi from "@pulumi/pulumi";

import { boundaryArn, NAMES, partitionOf } from "../../stacks/naming";
import type { MemberSpec } from "../../stacks/spec";
import { AccessAnalyzer } from "../components/access-analyzer";
import { BoundedRole } from "../components/bounded-role";
import { EventForwarding } from "../components/event-forwarding";
import { MultiRegionKey } from "../components/multi-region-key";
import { Rotation } from "../components/rotation";
import { arns, type Place } from "../iam/arns";
import { memberKeyPolicy } from "../iam/keys";
import {
  forwarderPolicy,
  forwarderTrust,
  readerPolicy,
  readerTrust,
  restorerPolicy,
  restorerTrust,
} from "../iam/member-roles";
import { functionTrust } from "../iam/functions";
import { enrollerPolicy, enrollerTrust, rotationPolicy } from "../iam/rotation-roles";
import type { MemberOutputs } from "../outputs";

export interface MemberProviders {
  readonly aws: pulumi.ProviderResource;
  /** Cloud Control's provider of a Region. */
  readonly cloudControl: (region: string) => pulumi.ProviderResource;
  /** Tags of resources that the provider's default tags do not reach. */
  readonly tags: Readonly<Record<string, string>>;
}

interface Member {
  readonly spec: MemberSpec;
  readonly place: Place;
  readonly providers: MemberProviders;
  readonly opts: { readonly provider: pulumi.ProviderResource };
}

/** The `member` stack: key, roles for the vault's functions, forwarding of events and an analyzer in each Region. */
export function member(spec: MemberSpec, providers: MemberProviders): MemberOutputs {
  const primaryRegion = primaryOf(spec);
  const place = { accountId: spec.accountId, partition: partitionOf(primaryRegion) };
  const it: Member = { spec, place, providers, opts: { provider: providers.aws } };
  const key = createKey(it, primaryRegion);
  const roles = createRoles(it);
  const forwarding = createForwarding(it, key, roles.forwarder);
  const rotation = createRotation(it, key, forwarding);
  const analyzers = createAnalyzers(it);
  const byRegion = <T>(value: (it: EventForwarding) => T) =>
    Object.fromEntries(
      Object.entries(forwarding).map(([region, part]) => [region, value(part)]),
    ) as Record<string, T>;
  return {
    schemaVersion: 1,
    kind: "member",
    accountId: spec.accountId,
    organizationId: spec.organizationId,
    environment: spec.environment,
    regions: spec.regions,
    keyArns: key.arns,
    readerRoleArn: roles.reader.arn,
    restorerRoleArn: roles.restorer.arn,
    forwarderRoleArn: roles.forwarder.arn,
    changeRuleArns: byRegion((part) => part.changeRuleArn),
    undeliveredQueueUrls: byRegion((part) => part.undeliveredQueueUrl),
    alarmTopicArns: byRegion((part) => part.alarmTopicArn),
    ...rotation,
    analyzerArns: Object.fromEntries(
      Object.entries(analyzers).map(([region, analyzer]) => [region, analyzer.arn]),
    ),
    retentionDays: spec.retentionDays,
    lockMode: spec.lockMode,
  };
}

function primaryOf(spec: MemberSpec): string {
  const [primary] = spec.regions;
  if (primary === undefined) throw new pulumi.RunError("A member needs at least one Region");
  return primary;
}

function createKey({ spec, place, opts }: Member, primaryRegion: string): MultiRegionKey {
  return new MultiRegionKey(
    "secrets-key",
    {
      description: "Strongroom: secrets of this account",
      purpose: "secrets",
      alias: NAMES.memberKeyAlias,
      primaryRegion,
      replicaRegions: spec.regions.slice(1),
      policy: memberKeyPolicy(spec, place),
      deletionDays: spec.keyDeletionDays,
      environment: spec.environment,
    },
    opts,
  );
}

function createRoles({ spec, place, opts }: Member) {
  const boundary = boundaryArn(spec.accountId, place.partition);
  return {
    reader: new BoundedRole(
      "reader",
      {
        roleName: NAMES.readerRole,
        description: "Lets the vault's backup and sweep functions read the secrets in scope",
        trust: readerTrust(spec, place),
        permissions: readerPolicy(spec, place),
        boundary,
      },
      opts,
    ),
    restorer: new BoundedRole(
      "restorer",
      {
        roleName: NAMES.restorerRole,
        description: "Lets the vault's restore function write secrets back, and read none",
        trust: restorerTrust(spec, place),
        permissions: restorerPolicy(spec, place),
        boundary,
      },
      opts,
    ),
    forwarder: new BoundedRole(
      "forwarder",
      {
        roleName: NAMES.forwarderRole,
        description: "Lets EventBridge send events about secrets to the vault",
        trust: forwarderTrust(spec, place),
        permissions: forwarderPolicy(spec, place),
        boundary,
      },
      opts,
    ),
  };
}

function createForwarding(
  { spec, place, opts }: Member,
  key: MultiRegionKey,
  forwarder: BoundedRole,
): Record<string, EventForwarding> {
  const busArn = arns.bus(
    { ...place, accountId: spec.vaultAccountId },
    spec.vaultPrimaryRegion,
    NAMES.eventBus,
  );
  return Object.fromEntries(
    spec.regions.map((region) => [
      region,
      new EventForwarding(
        `forwarding-${region}`,
        {
          place,
          region,
          keyArn: key.arnIn(region),
          busArn,
          roleArn: forwarder.arn,
          watchReads: spec.watchReads,
        },
        opts,
      ),
    ]),
  );
}

/** The function that rotates, in each Region, and the vault's way to it; nothing where no secret is rotated. */
function createRotation(
  { spec, place, opts }: Member,
  key: MultiRegionKey,
  forwarding: Readonly<Record<string, EventForwarding>>,
): Pick<MemberOutputs, "enrollerRoleArn" | "rotationFunctionArns"> {
  const { rotation } = spec;
  if (rotation === undefined) return {};
  const boundary = boundaryArn(spec.accountId, place.partition);
  const steps = new BoundedRole(
    "rotation",
    {
      roleName: NAMES.rotationFunction,
      description: "Lets the rotation function renew the secrets that are set up for it",
      trust: functionTrust,
      permissions: rotationPolicy(spec, place),
      boundary,
    },
    opts,
  );
  const enroller = new BoundedRole(
    "enroller",
    {
      roleName: NAMES.enrollerRole,
      description: "Lets the vault's rotate function set rotations up and start them",
      trust: enrollerTrust(spec, place),
      permissions: enrollerPolicy(spec, place),
      boundary,
    },
    opts,
  );
  const rotationFunctionArns = Object.entries(forwarding).map(([region, { alarmTopicArn }]) => {
    const { functionArn } = new Rotation(
      `rotation-${region}`,
      {
        region,
        accountId: spec.accountId,
        roleArn: steps.arn,
        keyArn: key.arnIn(region),
        topicArn: alarmTopicArn,
        hosts: rotation.hosts,
      },
      opts,
    );
    return [region, functionArn] as const;
  });
  return {
    enrollerRoleArn: enroller.arn,
    rotationFunctionArns: Object.fromEntries(rotationFunctionArns),
  };
}

function createAnalyzers({ spec, providers }: Member): Record<string, AccessAnalyzer> {
  return Object.fromEntries(
    spec.regions.map((region) => [
      region,
      new AccessAnalyzer(
        `analyzer-${region}`,
        { analyzerName: NAMES.analyzer, tags: providers.tags },
        { provider: providers.cloudControl(region) },
      ),
    ]),
  );
}
