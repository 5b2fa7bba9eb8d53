import { keysOf, type KmsKey } from "../model/kms-key";
import { join } from "../model/join";
import type { Stack } from "../model/stack";
import { TYPES } from "../model/types";
import { NOT_KNOWN_YET, Undetermined } from "../model/values";
import { defineRule } from "./rule";

const isPrimary = ({ resource: { type } }: KmsKey): boolean => TYPES.kmsKey.includes(type);

export const kmsKeyRotationPeriod = defineRule<KmsKey>({
  id: "kms-key-rotation-period",
  catalogue: [2],
  objective: "key-rotation",
  severity: "low",
  level: "advisory",
  checks: "Keys that rotate do so every 90 to 365 days.",
  why: "Longer, and one key's material protects too much; shorter, and KMS keeps more versions than anybody can follow.",
  fix: "Set rotationPeriodInDays to a number from 90 to 365, or leave it out (365).",
  corresponds: [],
  parameters: {
    minimumDays: {
      type: "integer",
      description: "Shortest time between two rotations, days.",
      default: 90,
      minimum: 90,
      maximum: 2560,
    },
    maximumDays: {
      type: "integer",
      description: "Longest time between two rotations, days.",
      default: 365,
      minimum: 90,
      maximum: 2560,
    },
  },
  subjects: (stack) => keysOf(stack).filter(isPrimary),
  *check(key, settings) {
    if (!key.isRotatable) return;
    const days = key.resource.view.number("rotationPeriodInDays") ?? 365;
    const [least, most] = [Number(settings["minimumDays"]), Number(settings["maximumDays"])];
    if (days < least || days > most) {
      yield {
        wrong: `does not rotate every ${least} to ${most} days`,
        set: `Set rotationPeriodInDays to a number from ${least} to ${most}.`,
      };
    }
  },
});

export const kmsKeyEnabled = defineRule<KmsKey>({
  id: "kms-key-enabled",
  catalogue: [13],
  objective: "key-lifecycle",
  severity: "high",
  checks: "Every KMS key is enabled.",
  why: "What is encrypted under a disabled key cannot be read, also not by a restore.",
  fix: "Remove isEnabled (aws-native and replicas: enabled) or set it to true.",
  corresponds: ["CKV_AWS_227"],
  subjects: keysOf,
  *check({ resource: { view } }) {
    if (view.boolean("isEnabled", "enabled") === false) yield { wrong: "is disabled" };
  },
});

export const kmsKeyDescribed = defineRule<KmsKey>({
  id: "kms-key-described",
  catalogue: [13],
  objective: "inventory",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks: "Every KMS key says what it is for, and has an alias.",
  why: "A key that nobody can place is the one that gets deleted.",
  fix: "Set description and add an Alias for the key.",
  corresponds: ["missingDescription"],
  subjects: keysOf,
  *check({ resource }, _settings, stack) {
    if ((resource.view.string("description") ?? "") === "") yield { wrong: "has no description" };
    const { named, unplaced } = stack.family(readAliases);
    if (named.has(resource.urn)) return;
    if (unplaced !== undefined) throw new Undetermined(`key of "${unplaced}"`, NOT_KNOWN_YET);
    yield { wrong: "has no alias" };
  },
});

function readAliases(stack: Stack): { named: ReadonlySet<string>; unplaced: string | undefined } {
  const keys = keysOf(stack).map(({ resource }) => resource);
  const { parts, unplaced } = join(stack, TYPES.kmsAlias, keys, {
    properties: ["targetKeyId"],
    wholes: new Set(keys.map(({ type }) => type)),
    identifiers: ["id", "keyId", "arn"],
  });
  return { named: new Set(parts.keys()), unplaced: unplaced[0]?.name };
}

export const kmsRsaKeyLong = defineRule<KmsKey>({
  id: "kms-rsa-key-long",
  catalogue: [14],
  objective: "encryption-at-rest",
  severity: "medium",
  checks: "RSA keys that encrypt have more than 2048 bits.",
  why: "What is encrypted today must still be secret when 2048 bits are no longer enough.",
  fix: "Set customerMasterKeySpec (aws-native: keySpec) to RSA_3072 or RSA_4096.",
  corresponds: ["CT.KMS.PR.2"],
  subjects: keysOf,
  *check({ resource: { view } }) {
    const bits = /^RSA_(\d+)$/.exec(view.string("customerMasterKeySpec", "keySpec") ?? "")?.[1];
    if (bits === undefined || (view.string("keyUsage") ?? "ENCRYPT_DECRYPT") !== "ENCRYPT_DECRYPT")
      return;
    if (Number(bits) <= 2048) yield { wrong: "encrypts with an RSA key of 2048 bits or less" };
  },
});

export const kmsMultiRegionWanted = defineRule<KmsKey>({
  id: "kms-multi-region-wanted",
  catalogue: [12],
  objective: "key-lifecycle",
  severity: "low",
  level: "advisory",
  scope: "stack",
  checks: "A multi-Region key has a replica in the same stack, or the settings allow it.",
  why: "Its material can be copied to any Region, and it cannot be turned back into a key of one Region.",
  fix: "Add the ReplicaKey, or set multiRegion to false.",
  corresponds: ["kms_cmk_not_multi_region"],
  parameters: {
    allowed: {
      type: "boolean",
      description: "Allow multi-Region keys whose replicas are made elsewhere.",
      default: false,
    },
  },
  subjects: (stack) => keysOf(stack).filter(isPrimary),
  *check({ resource }, settings, stack) {
    if (resource.view.boolean("multiRegion") !== true || settings["allowed"] === true) return;
    const { parts, unplaced } = join(stack, TYPES.kmsReplicaKey, [resource], {
      properties: ["primaryKeyArn"],
      wholes: new Set([resource.type]),
      identifiers: ["arn"],
    });
    if (parts.has(resource.urn)) return;
    const stray = unplaced[0];
    if (stray !== undefined) {
      throw new Undetermined(`primaryKeyArn of "${stray.name}"`, NOT_KNOWN_YET);
    }
    yield { wrong: "is a multi-Region key without a replica" };
  },
});
