import { expect } from "chai";

import { COMMAND_NAMES, commandsFor } from "../../../../server/cli/command-list";
import type { CliContext } from "../../../../server/cli/context";

/** As much of a context as making a command needs. */
const context = { ends: () => () => Promise.resolve() } as unknown as CliContext;
const named = async (...argv: string[]): Promise<string[]> =>
  (await commandsFor(argv)).map((make) => make(context).name());

describe("the list of commands", () => {
  it("knows each command by the name that it has", async () => {
    for (const name of COMMAND_NAMES) expect(await named(name)).to.deep.equal([name]);
  });

  it("gives only the one that is asked for, whatever stands around its name", async () => {
    expect(await named("--no-color", "policy", "list", "--json")).to.deep.equal(["policy"]);
  });

  it("gives all where none is named, or one that is not there, so that help knows them", async () => {
    for (const argv of [[], ["--help"], ["help", "policy"], ["polcy"], ["constructor"]]) {
      expect(await named(...argv), argv.join(" ")).to.deep.equal([...COMMAND_NAMES]);
    }
  });
});
