import { statSync } from "node:fs";
import path from "node:path";

import type { Part } from "../../engine/parts";
import { digest } from "../../stacks/digest";
import type { StampName } from "../../stacks/naming";
import type { ExemptionsOf, StackIdentity, StackInputs } from "../ports";
import { exemptionsDigest } from "./exemptions";
import { stateFile } from "./operation";
import { Sources } from "./sources";

export interface IdentifierOptions {
  /** What the child process runs, with everything it loads. */
  readonly program: readonly string[];
  /** The packs' folders and what they load. */
  readonly packs: readonly string[];
  /** CLI, language host and plugins. */
  readonly parts: readonly Part[];
  readonly secretsProvider: string;
  readonly backendUrl: string;
  readonly exemptions: ExemptionsOf;
}

/** Says what stacks are made from, without starting anything. */
export class Identifier {
  private readonly program: Sources;
  private readonly packs: Sources;
  /** A part that does not tell its version is known by its content. */
  private readonly unversioned: Sources;

  constructor(private readonly options: IdentifierOptions) {
    const unknown = options.parts.filter(({ version }) => version === "unknown");
    this.program = new Sources(options.program);
    this.packs = new Sources(options.packs);
    this.unversioned = new Sources(unknown.map((part) => part.path));
  }

  identify(jobs: readonly StackInputs[]): readonly StackIdentity[] {
    const program = this.program.digest();
    const packs = this.packs.digest();
    const tools = {
      parts: this.options.parts.map(describe),
      unversioned: this.unversioned.digest(),
      secretsProvider: this.options.secretsProvider,
    };
    return jobs.map(({ stamp, spec, connection }) => {
      const state = this.stateOf(stamp);
      const exemptions = exemptionsDigest(this.options.exemptions(stamp));
      return {
        inputs: digest({ program, packs, tools, spec, connection, exemptions }),
        program,
        packs,
        ...(state === undefined ? {} : { state }),
      };
    });
  }

  /**
   * The sign of the state as it was last written, by whomever: the engine writes the file anew with each change. Other
   * backends cannot be asked for so little.
   */
  private stateOf(stamp: StampName): string | undefined {
    const file = stateFile(this.options.backendUrl, stamp);
    const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    return found === undefined ? undefined : `${found.size}-${found.mtimeMs}-${found.ino}`;
  }
}

/** A part that was built is known by the folder that its sources' key names; the same on every machine. */
function describe({ name, version, source, path: file }: Part): string {
  const key = source === "build" ? path.basename(path.dirname(file)) : "";
  return `${name} ${version} ${key}`.trim();
}
