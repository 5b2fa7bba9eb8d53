import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { callAs, elementOf } from "../../../emulator/calls";
import type { Credentials } from "../../../emulator/identity";
import { startEmulator, type Emulator } from "../../../emulator/start";
import type { Toolchain } from "../../../engine/toolchain";
import { createPulumiEngine } from "../../../server/engine/engine";
import type { EnginePort, StackOperation, StackOutcome } from "../../../server/ports";
import { NAMES, roleArn, stampName } from "../../../stacks/naming";
import type {
  AccessSpec,
  Connection,
  MemberSpec,
  StackSpec,
  VaultSpec,
} from "../../../stacks/spec";
import { engineTools } from "../../support/engine-tools";
import { tellLostAnswers } from "../../support/lost-answers";
import { accessSpec, memberSpec, vaultSpec } from "../../support/specs";

const EXTERNAL_ID = "stamper-external-id-0001";

/** An emulated organization with IAM enforced, the real engine, and a folder for the states. */
export class World {
  static async start(memberId: string): Promise<World> {
    const folder = mkdtempSync(path.join(tmpdir(), "strongroom-programs-"));
    const [emulator, toolchain] = await Promise.all([
      startEmulator({ onLog: tellLostAnswers }),
      engineTools(),
    ]);
    const engine = createPulumiEngine({
      toolchain,
      stateDir: folder,
      policyPacks: [],
      environment: { ...process.env, ...emulator.env },
      report: () => undefined,
    });
    return new World(folder, emulator, toolchain, engine, memberId);
  }

  private constructor(
    readonly folder: string,
    readonly emulator: Emulator,
    readonly toolchain: Toolchain,
    private readonly engine: EnginePort,
    readonly memberId: string,
  ) {}

  async stop(): Promise<void> {
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get vaultId(): string {
    return this.emulator.organization.vaultAccountId;
  }

  get region(): string {
    return this.emulator.organization.region;
  }

  private get common() {
    const { id, vaultAccountId } = this.emulator.organization;
    return { organizationId: id, vaultAccountId };
  }

  private get regions(): string[] {
    return [this.region, this.emulator.organization.recoveryRegion];
  }

  access(accountId: string): AccessSpec {
    return accessSpec({
      ...this.common,
      accountId,
      region: this.region,
      regions: this.regions,
      trustedRoleArn: this.emulator.organization.serviceRoleArn,
      externalId: EXTERNAL_ID,
    });
  }

  vault(): VaultSpec {
    return vaultSpec({
      ...this.common,
      accountId: this.vaultId,
      primaryRegion: this.region,
      recoveryRegion: this.emulator.organization.recoveryRegion,
      trustedRoleArn: this.emulator.organization.serviceRoleArn,
      operatorExternalId: EXTERNAL_ID,
    });
  }

  member(): MemberSpec {
    return memberSpec({
      ...this.common,
      accountId: this.memberId,
      regions: this.regions,
      vaultPrimaryRegion: this.region,
      secrets: { namePrefixes: [], tags: {} },
    });
  }

  /** Access is stamped through the bootstrap role and the account's admin role; everything else through the stamper. */
  connection(spec: StackSpec): Connection {
    const { bootstrapRoleArn, bootstrapExternalId } = this.emulator.organization;
    const session = { sessionName: "strongroom", durationSeconds: 3600 };
    const assumeRoles =
      spec.kind === "access"
        ? [
            { roleArn: bootstrapRoleArn, externalId: bootstrapExternalId, ...session },
            {
              roleArn: `arn:aws:iam::${spec.accountId}:role/OrganizationAccountAccessRole`,
              ...session,
            },
          ]
        : [
            {
              roleArn: roleArn(spec.accountId, NAMES.stamperRole),
              externalId: EXTERNAL_ID,
              ...session,
            },
          ];
    return { assumeRoles, s3UsePathStyle: true };
  }

  run(operation: StackOperation, spec: StackSpec): Promise<StackOutcome> {
    const stamp = stampName(spec.kind, spec.accountId);
    const job = { stamp, operation, spec, connection: this.connection(spec) };
    return this.engine.execute(job, () => undefined, new AbortController().signal);
  }

  /** The service's own session credentials. */
  get service(): Credentials {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = this.emulator.env;
    return {
      accessKeyId: AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
      sessionToken: AWS_SESSION_TOKEN ?? "",
    };
  }

  /** A session of an account's stamper, taken by the service as it takes it in a run. */
  async stamper(accountId: string): Promise<Credentials> {
    const answer = await callAs(this.emulator.endpoint, this.service, {
      service: "sts",
      region: this.region,
      operation: "AssumeRole",
      parameters: {
        RoleArn: roleArn(accountId, NAMES.stamperRole),
        RoleSessionName: "proof",
        ExternalId: EXTERNAL_ID,
      },
    });
    return {
      accessKeyId: elementOf(answer, "AccessKeyId"),
      secretAccessKey: elementOf(answer, "SecretAccessKey"),
      sessionToken: elementOf(answer, "SessionToken"),
    };
  }
}
