import { bucketName, NAMES } from "../../stacks/naming";
import { createAlarm, deliveryFailed, queueNotEmpty, type AlarmArgs } from "../components/alarm";
import { AlarmTopic } from "../components/alarm-topic";
import { REPLICATION_RULE } from "../components/bucket-replication";
import { EventBus } from "../components/event-bus";
import { EventQueue } from "../components/event-queue";
import { EventRoute } from "../components/event-route";
import type { MultiRegionKey } from "../components/multi-region-key";
import { BUS_CHANGES, BUS_SIGNALS, VAULT_SIGNALS } from "../events";
import { arns } from "../iam/arns";
import { busPolicy, queuePolicy, topicPolicy } from "../iam/messaging";
import type { ByRegion, VaultOutputs } from "../outputs";

import type { Vault } from "./vault-context";

type EventOutputs = Pick<
  VaultOutputs,
  | "eventBusArn"
  | "workQueueUrl"
  | "workQueueArn"
  | "sweepQueueUrl"
  | "sweepQueueArn"
  | "rotationQueueUrl"
  | "failureQueueUrl"
  | "failureQueueArn"
  | "alarmTopicArns"
>;

export interface Events {
  readonly queues: Queues;
  readonly topics: ByRegion<AlarmTopic>;
  readonly outputs: EventOutputs;
}

/** From the members' events to the work of the functions, and from trouble to people. */
export function createEvents(it: Vault, key: MultiRegionKey): Events {
  const topics = createTopics(it, key);
  const queues = createQueues(it, key);
  const bus = createBus(it);
  createChanges(it, bus, queues);
  createSignals(it, bus, queues, topics);
  createAlarms(it, topics);
  const outputs = {
    eventBusArn: bus.arn,
    workQueueUrl: queues.work.url,
    workQueueArn: queues.work.arn,
    sweepQueueUrl: queues.sweeps.url,
    sweepQueueArn: queues.sweeps.arn,
    ...(queues.rotations === undefined ? {} : { rotationQueueUrl: queues.rotations.url }),
    failureQueueUrl: queues.failures.url,
    failureQueueArn: queues.failures.arn,
    alarmTopicArns: Object.fromEntries(
      Object.entries(topics).map(([region, topic]) => [region, topic.arn]),
    ),
  };
  return { queues, topics, outputs };
}

export interface Queues {
  /** Secrets that wait for the backup function. */
  readonly work: EventQueue;
  /** Accounts that wait for the sweep function. */
  readonly sweeps: EventQueue;
  /** Accounts and secrets that wait for the rotate function; absent where no secret is rotated. */
  readonly rotations?: EventQueue;
  /** What nobody could deliver or work on, by Region: a rule's dead letters must be in its own. */
  readonly failures: EventQueue;
  readonly recoveryFailures: EventQueue;
}

/** SQS keeps a message at most this long, seconds. */
const FOURTEEN_DAYS = 14 * 86400;

/** Six times the longest run of a function that reads the queue (15 minutes), as AWS asks for event sources. */
const VISIBILITY = 6 * 900;

function createTopics({ spec, place, opts }: Vault, key: MultiRegionKey): ByRegion<AlarmTopic> {
  const topic = (name: string, region: string, rules: readonly string[]) =>
    new AlarmTopic(
      name,
      {
        topicName: NAMES.alarmTopic,
        region,
        keyArn: key.arnIn(region),
        policy: topicPolicy(place, region, NAMES.alarmTopic, rules),
      },
      opts,
    );
  const { primaryRegion, recoveryRegion } = spec;
  return {
    [primaryRegion]: topic("alarms", primaryRegion, [
      arns.rule(place, primaryRegion, NAMES.signalRule),
      arns.rule(place, primaryRegion, NAMES.signalRule, NAMES.eventBus),
    ]),
    [recoveryRegion]: topic("recovery-alarms", recoveryRegion, [
      arns.rule(place, recoveryRegion, NAMES.signalRule),
    ]),
  };
}

function createQueues({ spec, place, opts }: Vault, key: MultiRegionKey): Queues {
  const { primaryRegion, recoveryRegion } = spec;
  const ofBus = (rule: string) => arns.rule(place, primaryRegion, rule, NAMES.eventBus);
  const queue = (
    name: string,
    queueName: string,
    region: string,
    rules: readonly string[],
    deadLetter?: { readonly queueArn: EventQueue["arn"]; readonly maxReceives: number },
  ) =>
    new EventQueue(
      name,
      {
        queueName,
        region,
        keyArn: key.arnIn(region),
        policy: queuePolicy(place, region, queueName, rules),
        retentionSeconds: FOURTEEN_DAYS,
        visibilitySeconds: VISIBILITY,
        ...(deadLetter === undefined ? {} : { deadLetter }),
      },
      opts,
    );
  const failures = queue("failures", NAMES.failureQueue, primaryRegion, [
    ofBus(NAMES.eventRule),
    ofBus(NAMES.signalRule),
    arns.rule(place, primaryRegion, NAMES.signalRule),
    ...Object.entries(NAMES.scheduleRules)
      .filter(([name]) => name !== "rotate" || spec.rotates === true)
      .map(([, rule]) => arns.rule(place, primaryRegion, rule)),
  ]);
  const deadLetter = { queueArn: failures.arn, maxReceives: 5 };
  return {
    failures,
    recoveryFailures: queue("recovery-failures", NAMES.failureQueue, recoveryRegion, [
      arns.rule(place, recoveryRegion, NAMES.signalRule),
    ]),
    work: queue("work", NAMES.workQueue, primaryRegion, [ofBus(NAMES.eventRule)], deadLetter),
    sweeps: queue("sweeps", NAMES.sweepQueue, primaryRegion, [], deadLetter),
    ...(spec.rotates === true
      ? {
          rotations: queue("rotations", NAMES.rotationQueue, primaryRegion, [], deadLetter),
        }
      : {}),
  };
}

function createBus({ spec, place, opts }: Vault): EventBus {
  return new EventBus(
    "events",
    {
      busName: NAMES.eventBus,
      region: spec.primaryRegion,
      policy: busPolicy(place, spec.primaryRegion, spec.organizationId),
    },
    opts,
  );
}

/** Changed secrets go to the queue that the backup function reads. */
function createChanges({ spec, opts }: Vault, bus: EventBus, queues: Queues): void {
  new EventRoute(
    "changes",
    {
      ruleName: NAMES.eventRule,
      region: spec.primaryRegion,
      busName: bus.busName,
      description: "Changed secrets wait for the backup function",
      pattern: BUS_CHANGES,
      includeReads: false,
      targetArn: queues.work.arn,
      deadLetterArn: queues.failures.arn,
    },
    opts,
  );
}

/** Tampering in the vault, in each Region, and what the members report, go to the topic of people. */
function createSignals(
  { spec, opts }: Vault,
  bus: EventBus,
  queues: Queues,
  topics: ByRegion<AlarmTopic>,
): void {
  const route = (
    name: string,
    region: string,
    deadLetters: EventQueue,
    from: { readonly pattern: typeof VAULT_SIGNALS; readonly busName?: EventBus["busName"] },
  ) => {
    const topic = topics[region];
    if (topic === undefined) return;
    new EventRoute(
      name,
      {
        ...from,
        ruleName: NAMES.signalRule,
        region,
        description: "Tampering with keys, buckets or event paths, and alarms of members",
        includeReads: false,
        targetArn: topic.arn,
        deadLetterArn: deadLetters.arn,
      },
      opts,
    );
  };
  route("signals", spec.primaryRegion, queues.failures, { pattern: VAULT_SIGNALS });
  route("recovery-signals", spec.recoveryRegion, queues.recoveryFailures, {
    pattern: VAULT_SIGNALS,
  });
  route("member-signals", spec.primaryRegion, queues.failures, {
    pattern: BUS_SIGNALS,
    busName: bus.busName,
  });
}

function createAlarms({ spec, opts }: Vault, topics: ByRegion<AlarmTopic>): void {
  const bucket = (of: string) => bucketName("backup", spec.accountId, of, spec.organizationId);
  const alarm = (
    name: string,
    region: string,
    what: Omit<AlarmArgs, "alarmName" | "region" | "topicArn">,
  ) => {
    const topicArn = topics[region]?.arn;
    if (topicArn === undefined) return;
    createAlarm(
      `${name}-alarm`,
      { alarmName: `strongroom-${name}`, region, topicArn, ...what },
      opts,
    );
  };
  const { primaryRegion, recoveryRegion } = spec;
  alarm(
    "failures",
    primaryRegion,
    queueNotEmpty(
      NAMES.failureQueue,
      "A secret could not be backed up, or an event not be delivered. Look at the message, then send it to the work queue again.",
    ),
  );
  alarm(
    "recovery-failures",
    recoveryRegion,
    queueNotEmpty(NAMES.failureQueue, "A signal could not be delivered in the recovery Region."),
  );
  alarm("work-late", primaryRegion, {
    description: "A changed secret has waited for its backup for more than an hour.",
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    dimensions: { QueueName: NAMES.workQueue },
    statistic: "Maximum",
    above: 3600,
  });
  alarm(
    "changes-undelivered",
    primaryRegion,
    deliveryFailed(
      NAMES.eventRule,
      "An event about a changed secret did not reach the work queue.",
      NAMES.eventBus,
    ),
  );
  alarm("replication-failed", primaryRegion, {
    description: "A backup could not be copied to the recovery Region.",
    namespace: "AWS/S3",
    metricName: "OperationsFailedReplication",
    dimensions: {
      SourceBucket: bucket(primaryRegion),
      DestinationBucket: bucket(recoveryRegion),
      RuleId: REPLICATION_RULE,
    },
    statistic: "Sum",
    above: 0,
  });
}
