import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { strongroom } from "./harness";

interface Line {
  readonly rule: string;
  readonly resource: string;
  readonly verdict: string;
  readonly message: string;
}

const RULE = "bucket-name-not-guessable";
const resources = [
  { type: "aws:s3/bucket:Bucket", name: "logs", props: { bucket: "logs-111122223333" } },
];
const exemption = (changes: Readonly<Record<string, string>> = {}): string => {
  const entry = { rule: RULE, resource: "logs", expires: "2999-12-31", ...changes };
  return `version: 1\nexemptions:\n  - ${Object.entries({
    ...entry,
    reason: "The name is printed on paper.",
    owner: "platform",
  })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join("\n    ")}\n`;
};

describe("`strongroom policy evaluate --exemptions`", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "strongroom-exemptions-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function evaluated(text: string) {
    const file = path.join(folder, "exemptions.yaml");
    await writeFile(file, text);
    const argv = ["policy", "evaluate", "-", "--json", "--exemptions", file];
    const { exit, stdout, stderr } = await strongroom(undefined, argv, {
      io: { readInput: () => Promise.resolve(JSON.stringify(resources)) },
    });
    const read = (): Line[] => (JSON.parse(stdout) as Line[]).filter(({ rule }) => rule === RULE);
    return { exit, output: stdout + stderr, lines: read };
  }

  it("accepts what a file excuses, and says until when and who answers for it", async () => {
    const [line, ...others] = (await evaluated(exemption())).lines();
    expect(others).to.deep.equal([]);
    expect(line?.verdict).to.equal("exempt");
    expect(line?.message).to.contain("Exempt until 2999-12-31, platform answers for it.");
  });

  it("fails an exemption that has expired, and what it excused", async () => {
    const { exit, lines } = await evaluated(exemption({ expires: "2020-01-31" }));
    expect(exit).to.equal(1);
    expect(lines().map(({ verdict }) => verdict)).to.deep.equal(["fail", "fail"]);
    expect(lines()[1]?.message).to.contain("expired on 2020-01-31");
  });

  it("fails an exemption that excuses nothing, unless it is about another stack", async () => {
    const unused = await evaluated(exemption({ resource: "nothing" }));
    expect(unused.exit).to.equal(1);
    expect(unused.lines()[1]?.message).to.contain("excuses nothing");
    const elsewhere = await evaluated(exemption({ resource: "nothing", stack: "vault-*" }));
    expect(elsewhere.lines()).to.have.length(1);
  });

  it("refuses a file with mistakes before anything is judged", async () => {
    const { exit, output } = await evaluated(exemption({ rule: "no-such-rule" }));
    expect(exit).to.equal(2);
    expect(output).to.contain("there is no rule of this id");
  });
});
