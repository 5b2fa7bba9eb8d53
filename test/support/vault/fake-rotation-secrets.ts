import type { RotatedSecret, RotationSecrets } from "../../../lambdas/rotation/ports";
import { FunctionError, type SecretValue } from "../../../lambdas/ports";

interface Version {
  value: SecretValue | undefined;
  stages: string[];
}

/** One secret of Secrets Manager with its rotation, in memory, as the documentation says that it behaves. */
export class FakeRotationSecrets implements RotationSecrets {
  readonly arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:app/key-AbCdEf";
  readonly versions = new Map<string, Version>();
  tags: Record<string, string> = {};
  rotationEnabled = true;
  gone = false;
  /** Called with the call's name before and after each call; throws to cut the caller off there. */
  onCall: ((moment: string) => void) | undefined;

  constructor(current: SecretValue) {
    this.versions.set("v0", { value: current, stages: ["AWSCURRENT"] });
  }

  /** What Secrets Manager does before it calls the function: a pending version without a value. */
  begin(token: string): void {
    for (const version of this.versions.values()) drop(version, "AWSPENDING");
    this.versions.set(token, { value: undefined, stages: ["AWSPENDING"] });
  }

  /** The value that readers get who name no version. */
  get current(): SecretValue {
    const value = this.holder("AWSCURRENT")?.[1].value;
    if (value === undefined) throw new Error("the secret has no current value");
    return value;
  }

  holder(stage: string): [string, Version] | undefined {
    return [...this.versions].find(([, { stages }]) => stages.includes(stage));
  }

  describe(arn: string): Promise<RotatedSecret | undefined> {
    return this.called("describe", () =>
      this.gone || arn !== this.arn
        ? undefined
        : {
            arn,
            tags: { ...this.tags },
            rotationEnabled: this.rotationEnabled,
            stages: Object.fromEntries(
              [...this.versions]
                .filter(([, { stages }]) => stages.length > 0)
                .map(([id, { stages }]) => [id, [...stages]]),
            ),
          },
    );
  }

  value(_: string, versionId: string): Promise<SecretValue | undefined> {
    return this.called("value", () => this.versions.get(versionId)?.value);
  }

  putPending(_: string, token: string, value: SecretValue): Promise<void> {
    return this.called("putPending", () => {
      const version = this.versions.get(token) ?? { value: undefined, stages: [] };
      if (version.value !== undefined && !same(version.value, value)) {
        throw new FunctionError("VERSION_DIFFERS", `Version ${token} has another value`, false);
      }
      this.versions.set(token, { ...version, value });
    });
  }

  makeCurrent(_: string, to: string, from: string): Promise<void> {
    return this.called("makeCurrent", () => {
      const [holder, old] = this.holder("AWSCURRENT") ?? [];
      const next = this.versions.get(to);
      if (holder === to) return;
      if (holder !== from || old === undefined || next === undefined) {
        throw new FunctionError("AWS_REFUSED", "AWSCURRENT is on another version", false);
      }
      for (const version of this.versions.values()) drop(version, "AWSPREVIOUS");
      drop(old, "AWSCURRENT");
      old.stages.push("AWSPREVIOUS");
      next.stages.push("AWSCURRENT");
    });
  }

  dropPending(_: string, from: string): Promise<void> {
    return this.called("dropPending", () => {
      const version = this.versions.get(from);
      if (version !== undefined) drop(version, "AWSPENDING");
    });
  }

  /** The moment after a call is one too: what it did has happened, and the caller never hears of it. */
  private async called<T>(call: string, work: () => T): Promise<T> {
    await Promise.resolve();
    this.onCall?.(`before ${call}`);
    const answer = work();
    await Promise.resolve();
    this.onCall?.(`after ${call}`);
    return answer;
  }
}

function drop(version: Version, stage: string): void {
  version.stages = version.stages.filter((one) => one !== stage);
}

const same = (a: SecretValue, b: SecretValue): boolean =>
  a.kind === "string" && b.kind === "string"
    ? a.text === b.text
    : a.kind === "binary" && b.kind === "binary" && Buffer.from(a.data).equals(b.data);
