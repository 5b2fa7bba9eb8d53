import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { assumeRole, type Credentials } from "../../../emulator/identity";
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
import { accessSpec, memberSpec, ROTATION, vaultSpec } from "../../support/specs";

/** What the stampers and the operator ask for. */
export const EXTERNAL_ID = "stamper-external-id-0001";

const startIn = (folder: string): Promise<Emulator> =>
  startEmulator({ stateDir: path.join(folder, "emulator"), onLog: tellLostAnswers });

/** An emulated organization with IAM enforced, the real engine, and a folder for the states. */
export class World {
  static async start(memberId: string): Promise<World> {
    const folder = mkdtempSync(path.join(tmpdir(), "strongroom-programs-"));
    const [emulator, toolchain] = await Promise.all([startIn(folder), engineTools()]);
    return new World(folder, emulator, toolchain, memberId);
  }

  private engine: EnginePort;

  private constructor(
    readonly folder: string,
    private running: Emulator,
    readonly toolchain: Toolchain,
    readonly memberId: string,
  ) {
    this.engine = this.createEngine();
  }

  private createEngine(): EnginePort {
    return createPulumiEngine({
      toolchain: this.toolchain,
      stateDir: this.folder,
      policyPacks: [],
      environment: { ...process.env, ...this.emulator.env },
      report: () => undefined,
    });
  }

  get emulator(): Emulator {
    return this.running;
  }

  /** Ends the emulator and starts it again on what it has kept. Sessions of before are void. */
  async restart(): Promise<void> {
    await this.running.stop();
    this.running = await startIn(this.folder);
    this.engine = this.createEngine();
  }

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
      rotates: true,
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
      rotates: true,
    });
  }

  member(): MemberSpec {
    return memberSpec({
      ...this.common,
      accountId: this.memberId,
      regions: this.regions,
      vaultPrimaryRegion: this.region,
      secrets: { namePrefixes: [], tags: {} },
      rotation: {
        ...ROTATION,
        enroll: [{ names: ["rotated/by-name*"], rotator: "api-key", settings: { length: "24" } }],
      },
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
  stamper(accountId: string): Promise<Credentials> {
    return this.taken(roleArn(accountId, NAMES.stamperRole));
  }

  /** A session of the vault's operator, taken by the service to call the functions. */
  operator(): Promise<Credentials> {
    return this.taken(roleArn(this.vaultId, NAMES.operatorRole));
  }

  private taken(roleArn: string): Promise<Credentials> {
    const { region } = this;
    return assumeRole(this.emulator.endpoint, this.service, {
      region,
      roleArn,
      externalId: EXTERNAL_ID,
    });
  }
}
