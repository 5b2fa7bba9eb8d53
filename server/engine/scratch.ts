import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { PROJECT, type StampName } from "../../stacks/naming";
import type { LeanCommand } from "./command";
import { projectFile, stackFileName } from "./settings";
import { parseState, type StateVersion } from "./state";

/**
 * A copy of a stack in a file backend of its own, in a folder of its own: what is tried there changes nothing of the stack.
 * The secrets in it stay encrypted as they are.
 */
export class ScratchStack {
  private readonly folder: string;

  /** `workDir` holds the stack's settings. */
  constructor(
    private readonly stamp: StampName,
    private readonly command: Pick<LeanCommand, "run">,
    workDir: string,
    { version, features, deployment }: StateVersion,
  ) {
    this.folder = path.join(workDir, "scratch");
    const file = this.stateFile;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(this.folder, "Pulumi.yaml"), projectFile(this.backendUrl));
    const settings = stackFileName(stamp);
    copyFileSync(path.join(workDir, settings), path.join(this.folder, settings));
    writeFileSync(path.join(this.folder, "backend/.pulumi/meta.yaml"), "version: 1\n");
    const checkpoint = { stack: `organization/${PROJECT}/${stamp}`, latest: deployment };
    writeFileSync(
      file,
      JSON.stringify({ version, ...(features === undefined ? {} : { features }), checkpoint }),
      { mode: 0o600 },
    );
  }

  /** Asks AWS what these resources are. The engine sees first that the state fits together. */
  async refresh(urns: readonly string[]): Promise<StateVersion> {
    const targets = urns.flatMap((urn) => ["--target", urn]);
    await this.command.run(
      ["refresh", "--yes", "--skip-preview", "--stack", this.stamp, ...targets],
      this.folder,
      { PULUMI_BACKEND_URL: this.backendUrl },
    );
    const state = parseState(readFileSync(this.stateFile, "utf8"));
    if (state === undefined) throw new Error("the refreshed copy of the state cannot be read");
    return state;
  }

  private get backendUrl(): string {
    return `file://${path.join(this.folder, "backend")}`;
  }

  private get stateFile(): string {
    return path.join(this.folder, "backend/.pulumi/stacks", PROJECT, `${this.stamp}.json`);
  }
}
