import * as secrets from "../../../policies/rules/secrets";
import { changed, KEY_ARN, resource, UNKNOWN, type RuleCases } from "../fixtures";
import {
  SECRET,
  NATIVE_SECRET,
  SECRET_ARN,
  REPLICA_KEY,
  KEY_URN,
  key,
  generator,
  secret,
  nativeSecret,
} from "./secrets";

const version = resource("aws:secretsmanager/secretVersion:SecretVersion", {
  secretId: SECRET_ARN,
  secretString: "",
});
const generated = changed(
  version,
  { secretString: UNKNOWN },
  { propertyDependencies: { secretString: [generator.urn] } },
);

const REPLICA = (fault: string) =>
  `Secret "subject" has a replica ${fault}. Set kmsKeyId of every replica to the ARN of a customer managed key of that Region.`;
const VALUE = (title: string, property: string) =>
  `${title} "subject" takes its value from the program (${property}). Leave the value out and set it through Secrets Manager, or have it generated.`;
const PROTECT = 'Secret "subject" is not protected. Set the resource option protect to true.';

export const SECRET_VALUE_CASES: readonly RuleCases[] = [
  {
    rule: secrets.secretReplicasUseOwnKeys,
    passes: {
      "a key of the replica's Region": [secret],
      "a key of the replica's Region in aws-native": [nativeSecret],
      "a replica key of this stack that is not made yet": [
        key,
        changed(
          secret,
          { replicas: [{ region: "eu-west-1", kmsKeyId: UNKNOWN }] },
          { propertyDependencies: { replicas: [KEY_URN] } },
        ),
      ],
    },
    fails: {
      "a replica without key": {
        given: [changed(secret, { replicas: [{ region: "eu-west-1" }] })],
        says: [REPLICA("that has no customer key (replicas[0].kmsKeyId is not set)")],
      },
      "the second replica with AWS's key, in aws-native": {
        given: [
          changed(nativeSecret, {
            replicaRegions: [
              { region: "eu-west-1", kmsKeyId: REPLICA_KEY },
              { region: "eu-west-2", kmsKeyId: "alias/aws/secretsmanager" },
            ],
          }),
        ],
        says: [REPLICA("that uses a key that AWS manages (replicaRegions[1].kmsKeyId)")],
      },
      "a key of another Region": {
        given: [changed(secret, { replicas: [{ region: "eu-west-1", kmsKeyId: KEY_ARN }] })],
        says: [REPLICA("with a key of another Region (replicas[0].kmsKeyId)")],
      },
    },
    undetermined: {
      "unknown replicas": { given: [changed(secret, { replicas: UNKNOWN })], property: "replicas" },
      "an unknown key": {
        given: [changed(secret, { replicas: [{ region: "eu-west-1", kmsKeyId: UNKNOWN }] })],
        property: "replicas[0].kmsKeyId",
      },
    },
    notApplicable: [changed(secret, { replicas: undefined })],
  },
  {
    rule: secrets.secretValueNotInProgram,
    passes: {
      "no value": [version],
      "no value in aws-native": [changed(nativeSecret, { secretString: "" })],
      "a generated value, not known yet": [generator, generated],
      "a generated value, known": [generator, changed(generated, { secretString: "(hidden)" })],
    },
    fails: {
      "a literal": {
        given: [changed(version, { secretString: "x" })],
        says: [VALUE("SecretVersion", "secretString")],
      },
      "a literal, as the engine shows it": {
        given: [
          changed(version, { secretString: "x" }, { propertyDependencies: { secretId: ["x"] } }),
        ],
        says: [VALUE("SecretVersion", "secretString")],
      },
      "a binary literal": {
        given: [changed(version, { secretString: undefined, secretBinary: "eA==" })],
        says: [VALUE("SecretVersion", "secretBinary")],
      },
      "a write-only literal": {
        given: [changed(version, { secretString: undefined, secretStringWo: "x" })],
        says: [VALUE("SecretVersion", "secretStringWo")],
      },
      "a literal in aws-native": {
        given: [changed(nativeSecret, { secretString: "x" })],
        says: [VALUE("Secret", "secretString")],
      },
    },
    undetermined: {
      "an unknown value from nowhere": {
        given: [changed(version, { secretString: UNKNOWN })],
        property: "secretString",
      },
    },
  },
  {
    rule: secrets.secretReplicaNotOverwritten,
    passes: {
      "nothing said": [secret],
      "turned off": [changed(secret, { forceOverwriteReplicaSecret: false })],
    },
    fails: {
      "turned on": {
        given: [changed(secret, { forceOverwriteReplicaSecret: true })],
        says: [
          'Secret "subject" overwrites secrets of the same name in other Regions. Remove forceOverwriteReplicaSecret or set it to false.',
        ],
      },
    },
    undetermined: {
      unknown: {
        given: [changed(secret, { forceOverwriteReplicaSecret: UNKNOWN })],
        property: "forceOverwriteReplicaSecret",
      },
    },
    notApplicable: [nativeSecret],
  },
  {
    rule: secrets.secretProtected,
    passes: {
      "a protected secret": [secret],
      "a protected secret in aws-native": [nativeSecret],
      "a retained secret": [changed(secret, {}, { protect: false, retainOnDelete: true })],
    },
    fails: {
      "a secret without options": {
        given: [resource(SECRET, { name: "app" })],
        says: [PROTECT],
      },
      "a secret without options in aws-native": {
        given: [resource(NATIVE_SECRET, { name: "app" })],
        says: [PROTECT],
      },
    },
    undetermined: {},
  },
];
