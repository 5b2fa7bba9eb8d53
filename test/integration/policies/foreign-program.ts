import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { execa } from "execa";

import type { Toolchain } from "../../../engine/toolchain";
import { engineTools } from "../../support/engine-tools";

export const root = path.resolve(__dirname, "../../../..");
const ACCOUNT = "111122223333";

/** Makes the account's provider; a preview of new resources calls nobody, so no account needs to be there. */
const PROVIDER = `
const aws = require("@pulumi/aws");
const provider = new aws.Provider("aws", {
  region: "eu-central-1", accessKey: "x", secretKey: "x", skipCredentialsValidation: true,
  skipRequestingAccountId: true, skipMetadataApiCheck: true,
});
const statement = (principal, action) =>
  ({ Effect: "Allow", Principal: { AWS: principal }, Action: action, Resource: "*" });
const policy = (...statements) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const owner = statement("arn:aws:iam::${ACCOUNT}:root", "kms:*");
`;

/** What a preview said. */
export interface Previewed {
  readonly exitCode: number | undefined;
  /** Both streams. */
  readonly output: string;
  /** The stack's state afterwards. */
  readonly state: string;
}

/** Programs that have nothing to do with Strongroom, previewed with the stock command line, as a laptop does it. */
export class ForeignPrograms {
  readonly scratch = mkdtempSync(path.join(tmpdir(), "strongroom-packs-"));

  private constructor(private readonly toolchain: Toolchain) {}

  static async start(): Promise<ForeignPrograms> {
    return new ForeignPrograms(await engineTools());
  }

  close(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Previews a program (JavaScript, after {@link PROVIDER}) with the pack of a folder and its configuration. */
  async preview(
    name: string,
    program: string,
    packFolder: string,
    config: object = {},
  ): Promise<Previewed> {
    const folder = path.join(this.scratch, name);
    mkdirSync(path.join(folder, "state"), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    writeFileSync(path.join(folder, "index.js"), PROVIDER + program);
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, main: "index.js" }));
    writeFileSync(
      path.join(folder, "Pulumi.yaml"),
      `name: shop\nruntime: { name: nodejs, options: { typescript: false } }\n`,
    );
    const { pulumiCommandPath, env } = this.toolchain;
    const pulumi = (...args: string[]) =>
      execa(pulumiCommandPath, [...args, "--non-interactive", "--color", "never"], {
        cwd: folder,
        reject: false,
        all: true,
        extendEnv: false,
        env: {
          HOME: this.scratch,
          ...env,
          PULUMI_HOME: path.join(folder, "home"),
          PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
          PULUMI_CONFIG_PASSPHRASE: "test",
        },
      });
    await pulumi("stack", "init", `vault-${ACCOUNT}`);
    const configFile = path.join(folder, "pack-config.json");
    writeFileSync(configFile, JSON.stringify(config));
    const packs = ["--policy-pack", packFolder, "--policy-pack-config", configFile];
    const { exitCode, all } = await pulumi("preview", ...packs);
    const state = await pulumi("stack", "export");
    return { exitCode, output: all, state: state.all };
  }
}
