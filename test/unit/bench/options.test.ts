import { expect } from "chai";

import { benchCommand, type BenchOptions } from "../../../bench/options";

const read = async (...args: string[]): Promise<BenchOptions> => {
  let got: BenchOptions | undefined;
  const command = benchCommand((options) => {
    got = options;
    return Promise.resolve();
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(args, { from: "user" });
  return got!;
};

const refusal = (...args: string[]): Promise<string> =>
  read(...args).then(
    () => "taken",
    (error: unknown) => (error as Error).message,
  );

describe("The options of the benchmark", () => {
  it("measure everything at full size where nothing is said", async () => {
    expect(await read()).to.deep.include({ accounts: 3, against: ["pulumi", "terraform"] });
  });

  it("choose parts and contestants by name, in a fixed order", async () => {
    expect((await read("--against", "terraform,pulumi")).against).to.deep.equal([
      "pulumi",
      "terraform",
    ]);
    expect((await read("--against", "none")).against).to.deep.equal([]);
    expect((await read("--part", "stamps")).parts).to.deep.equal(["stamps"]);
  });

  it("are refused with what is known", async () => {
    expect(await refusal("--against", "ansible")).to.include(
      "There is no ansible. Known: pulumi, terraform, all, none.",
    );
    expect(await refusal("--part", "stamp")).to.include("There is no stamp.");
    expect(await refusal("--accounts", "0")).to.include("whole number from 1");
  });
});
