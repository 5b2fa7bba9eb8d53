import { FunctionError, type Clock } from "../../ports";
import { ROTATOR_NAMES, type RotatorName } from "../../../stacks/rotation";
import type { Rotator } from "../rotator";
import { readSettings, ROTATOR_TAG } from "../settings";
import { accessKeyRotator } from "./access-key";
import { CERTIFICATE_SETTINGS, certificateRotator } from "./certificate";
import { HTTP_SETTINGS, httpRotator } from "./http";
import { KEY_PAIR_SETTINGS, keyPairRotator } from "./key-pair";
import { API_KEY_SETTINGS, apiKeyRotator, PASSWORD_SETTINGS, passwordRotator } from "./password";
import type { AccessKeys, OtherSecret, PostJson, Postgres, Wait } from "./ports";
import { POSTGRES_SETTINGS, postgresAlternating, postgresSingleUser } from "./postgres";

/** Everything outside that some rotator asks. */
export interface RotatorPorts {
  readonly postgres: Postgres;
  readonly keys: AccessKeys;
  readonly otherSecret: OtherSecret;
  readonly post: PostJson;
  readonly allowedHosts: readonly string[];
  readonly clock: Clock;
  readonly wait: Wait;
}

type Tags = Readonly<Record<string, string>>;
type MakeRotator = (ports: RotatorPorts, tags: Tags, arn: string) => Rotator;

/** Every rotator by the word that the tag `strongroom:rotator` names it with. */
const ROTATORS = {
  password: (_, tags, arn) => passwordRotator(readSettings(PASSWORD_SETTINGS, tags, arn)),
  "api-key": (_, tags, arn) => apiKeyRotator(readSettings(API_KEY_SETTINGS, tags, arn)),
  postgres: ({ postgres }, tags, arn) =>
    postgresSingleUser(postgres, readSettings(POSTGRES_SETTINGS, tags, arn)),
  "postgres-alternating": ({ postgres, otherSecret }, tags, arn) =>
    postgresAlternating(postgres, otherSecret, readSettings(POSTGRES_SETTINGS, tags, arn)),
  "access-key": (ports, tags, arn) => {
    readSettings({}, tags, arn);
    return accessKeyRotator(ports);
  },
  "key-pair": (_, tags, arn) => keyPairRotator(readSettings(KEY_PAIR_SETTINGS, tags, arn)),
  certificate: (ports, tags, arn) =>
    certificateRotator(ports, readSettings(CERTIFICATE_SETTINGS, tags, arn)),
  http: (ports, tags, arn) => httpRotator(ports, readSettings(HTTP_SETTINGS, tags, arn)),
} as const satisfies Record<RotatorName, MakeRotator>;

/**
 * The rotator of a secret, by its tags.
 *
 * @throws FunctionError `ROTATOR_UNKNOWN` where no tag names one, `ROTATION_SETTINGS` for settings that are wrong.
 */
export function rotatorFor(tags: Tags, arn: string, ports: RotatorPorts): Rotator {
  const name = tags[ROTATOR_TAG];
  const known = ROTATOR_NAMES.find((one) => one === name);
  if (known === undefined) {
    throw new FunctionError(
      "ROTATOR_UNKNOWN",
      `The tag ${ROTATOR_TAG} of ${arn} names no rotator. It takes one of ${ROTATOR_NAMES.join(", ")}`,
      false,
    );
  }
  return ROTATORS[known](ports, tags, arn);
}
