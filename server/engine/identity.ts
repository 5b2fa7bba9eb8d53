import path from "node:path";

import type { Part } from "../../engine/parts";
import { digest } from "../../stacks/digest";
import { exemptionsDigest } from "../../stacks/exemptions-digest";
import type { StampName } from "../../stacks/naming";
import type { ExemptionsOf, StackIdentity, StackInputs, StackStates } from "../ports";
import { Sources } from "./sources";

export interface IdentifierOptions {
  /** What the child process runs, with everything it loads. */
  readonly program: readonly string[];
  /** The packs' folders and what they load. */
  readonly packs: readonly string[];
  /** CLI, language host and plugins. */
  readonly parts: readonly Part[];
  readonly secretsProvider: string;
  /** Undefined where the backend cannot be asked for so little as a sign of a state. */
  readonly states: StackStates | undefined;
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

  async identify(jobs: readonly StackInputs[]): Promise<readonly StackIdentity[]> {
    const program = this.program.digest();
    const packs = this.packs.digest();
    const tools = {
      parts: this.options.parts.map(describe),
      unversioned: this.unversioned.digest(),
      secretsProvider: this.options.secretsProvider,
    };
    const signs = await this.signsOf(jobs.map(({ stamp }) => stamp));
    return jobs.map(({ stamp, spec, connection }) => {
      const state = signs.get(stamp);
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
   * The signs of the states as they were last written, by whomever. A backend that does not answer gives none: then nothing is
   * left alone for being unchanged, and the operation itself says what is wrong.
   */
  private async signsOf(stamps: readonly StampName[]): Promise<ReadonlyMap<StampName, string>> {
    const none = new Map<StampName, string>();
    return (await this.options.states?.signs(stamps).catch(() => none)) ?? none;
  }
}

/** A part that was built is known by the folder that its sources' key names; the same on every machine. */
function describe({ name, version, source, path: file }: Part): string {
  const key = source === "build" ? path.basename(path.dirname(file)) : "";
  return `${name} ${version} ${key}`.trim();
}
