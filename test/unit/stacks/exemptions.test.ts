import { expect } from "chai";

import { exempts, isAbout, isExpired } from "../../../stacks/exemptions";
import { parseExemptions } from "../../../stacks/exemptions-file";
import { AppError } from "../../../stacks/errors";

const RULES = ["bucket-object-locked", "kms-key-described"];
const GOOD = `version: 1
exemptions:
  - rule: bucket-object-locked
    stack: vault-*
    resource: "aws:s3/bucket:Bucket::logs*"
    reason: Holds only what can be made again.
    owner: platform
    expires: 2027-01-31
`;

function problemsOf(text: string): string[] {
  try {
    parseExemptions(text, "exemptions.yaml", RULES);
  } catch (error) {
    return ((error as AppError).toRecord().problems ?? []).map(
      ({ line, column, message }) => `${line ?? 0}:${column ?? 0} ${message}`,
    );
  }
  return [];
}

describe("the file of exemptions", () => {
  it("is read with rule, stack, resource, reason, owner and expiry", () => {
    expect(parseExemptions(GOOD, "exemptions.yaml", RULES)).to.deep.equal([
      {
        rule: "bucket-object-locked",
        stack: "vault-*",
        resource: "aws:s3/bucket:Bucket::logs*",
        reason: "Holds only what can be made again.",
        owner: "platform",
        expires: "2027-01-31",
      },
    ]);
  });

  it("says all mistakes at once, each with line and column", () => {
    const found = problemsOf(`version: 1
exemptions:
  - rule: Bucket
    reason: short
    owner: platform
    expires: 31.1.2027
    level: advisory
`);
    expect(found).to.have.length(4);
    expect(found.map((text) => text.split(" ")[0])).to.deep.equal(["3:11", "4:13", "6:14", "7:5"]);
  });

  it("refuses rules that do not exist, and exemptions from everywhere", () => {
    const found = problemsOf(GOOD.replace("bucket-object-locked", "bucket-object-lokced"));
    expect(found).to.deep.equal(["3:11 there is no rule of this id"]);
    const everywhere = GOOD.replace(/ {4}stack:.*\n/, "").replace(/ {4}resource:.*\n/, "");
    expect(problemsOf(everywhere).join()).to.contain("names neither stack nor resource");
  });

  it("refuses broken YAML with its place", () => {
    expect(problemsOf("version: 1\nexemptions: [")[0]).to.match(/^\d+:\d+ YAML: /);
  });
});

describe("an exemption", () => {
  const [exemption] = parseExemptions(GOOD, "exemptions.yaml", RULES);
  if (exemption === undefined) throw new Error("no exemption");
  const finding = {
    rule: "bucket-object-locked",
    type: "aws:s3/bucket:Bucket",
    name: "logs-bucket",
    urn: "urn:pulumi:vault-999988887777::strongroom::aws:s3/bucket:Bucket::logs-bucket",
  };

  it("speaks of its rule, stack and resource only", () => {
    expect(exempts(exemption, finding)).to.equal(true);
    expect(exempts(exemption, { ...finding, rule: "kms-key-described" })).to.equal(false);
    expect(
      exempts(exemption, {
        ...finding,
        name: "backups",
        urn: finding.urn.replace("logs-bucket", "backups"),
      }),
    ).to.equal(false);
    expect(
      exempts(exemption, { ...finding, urn: finding.urn.replace("vault-", "member-") }),
    ).to.equal(false);
  });

  it("holds to the end of its day", () => {
    expect(isExpired(exemption, "2027-01-31")).to.equal(false);
    expect(isExpired(exemption, "2027-02-01")).to.equal(true);
  });

  it("can be unused only where a stack of its was judged", () => {
    expect(isAbout(exemption, ["vault-999988887777"])).to.equal(true);
    expect(isAbout(exemption, ["member-111122223333"])).to.equal(false);
  });
});
