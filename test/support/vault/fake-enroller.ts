import { FunctionError } from "../../../lambdas/ports";
import { goBack, settleRotation } from "../../../lambdas/rotation/settle";
import type { Rotator } from "../../../lambdas/rotation/rotator";
import { ROTATION_STEPS, rotationStep } from "../../../lambdas/rotation/steps";
import type { Enroller, SeenSecret } from "../../../lambdas/rotate/ports";
import type { FakeRotationSecrets } from "./fake-rotation-secrets";

const silent = { info: () => undefined, warn: () => undefined };

/** One secret of one Region of a member, with what rotates it, as the rotate function reaches it. */
export class FakeEnroller implements Enroller {
  readonly calls: string[] = [];
  readonly parameters = new Map<string, string>();
  readonly outcomes: { kind: string; detail: object }[] = [];
  /** Answers of the account's own check functions. */
  check: () => void = () => undefined;
  /** Whether Secrets Manager calls the function when it is told to rotate. */
  calling = true;
  /** Called before and after each call; throws to cut the caller off there. */
  onCall: ((moment: string) => void) | undefined;
  lastAt: Date | undefined;
  functionArn: string | undefined;
  everyDays: number | undefined;

  constructor(
    readonly secrets: FakeRotationSecrets,
    private readonly rotator: Rotator,
    private readonly now: () => Date,
  ) {
    this.secrets.rotationEnabled = false;
  }

  private get ports() {
    return { secrets: this.secrets, rotator: this.rotator, log: silent };
  }

  private seen(): SeenSecret {
    const { secrets, functionArn, everyDays, lastAt } = this;
    return {
      arn: secrets.arn,
      name: "app/key",
      tags: { ...secrets.tags },
      deleted: secrets.gone,
      rotation: {
        enabled: secrets.rotationEnabled,
        ...(functionArn === undefined ? {} : { functionArn }),
        ...(everyDays === undefined ? {} : { everyDays }),
        ...(lastAt === undefined ? {} : { lastAt }),
      },
      stages: Object.fromEntries(
        [...secrets.versions]
          .filter(([, { stages }]) => stages.length > 0)
          .map(([id, { stages }]) => [id, [...stages]]),
      ),
    };
  }

  async *list() {
    yield await this.called("list", () => this.seen());
  }
  describe() {
    return this.called("describe", () => (this.secrets.gone ? undefined : this.seen()));
  }
  mark(_: string, tags: Readonly<Record<string, string>>) {
    return this.called("mark", () => void Object.assign(this.secrets.tags, tags));
  }
  unmark(_: string, names: readonly string[]) {
    return this.called("unmark", () => {
      this.secrets.tags = Object.fromEntries(
        Object.entries(this.secrets.tags).filter(([name]) => !names.includes(name)),
      );
    });
  }
  setUp(_: string, functionArn: string, everyDays: number) {
    return this.called("setUp", () => {
      Object.assign(this, { functionArn, everyDays });
      this.secrets.rotationEnabled = true;
    });
  }
  cancel() {
    return this.called("cancel", () => void (this.secrets.rotationEnabled = false));
  }

  async start(arn: string, token: string): Promise<void> {
    await this.called("start", () => {
      const pending = this.secrets.holder("AWSPENDING");
      if (
        pending !== undefined &&
        pending[0] !== token &&
        !pending[1].stages.includes("AWSCURRENT")
      )
        throw new FunctionError("ROTATION_BUSY", "a previous rotation is not complete", true);
      if (pending?.[0] !== token) this.secrets.begin(token);
    });
    if (!this.calling) return;
    try {
      for (const step of ROTATION_STEPS) await rotationStep(step, { arn, token }, this.ports);
      this.lastAt = this.now();
    } catch {
      // As Secrets Manager does, which only says so in its events.
    }
  }

  async call(functionName: string, event: object): Promise<unknown> {
    await this.called(`call ${functionName}`, () => undefined);
    if (functionName.startsWith("strongroom-check-")) {
      this.check();
      return undefined;
    }
    const { Step, SecretId, ClientRequestToken } = event as Record<string, string>;
    const target = { arn: SecretId ?? "", token: ClientRequestToken ?? "" };
    if (Step === "goBackSecret") return goBack(target, this.ports);
    const answer = await settleRotation(target, this.ports);
    if (answer.outcome === "current") this.lastAt = this.now();
    return answer;
  }

  tellVersion(parameter: string, versionId: string) {
    return this.called("tellVersion", () => void this.parameters.set(parameter, versionId));
  }
  tellOutcome(kind: string, detail: object) {
    return this.called("tellOutcome", () => void this.outcomes.push({ kind, detail }));
  }

  private async called<T>(call: string, work: () => T): Promise<T> {
    await Promise.resolve();
    this.onCall?.(`before ${call}`);
    this.calls.push(call);
    const answer = work();
    await Promise.resolve();
    this.onCall?.(`after ${call}`);
    return answer;
  }
}
