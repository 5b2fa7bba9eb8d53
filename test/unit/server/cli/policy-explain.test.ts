import { expect } from "chai";

import type { Explanation } from "../../../../policies/explain";
import { strongroom, type Result } from "./harness";

const run = (text: string, ...argv: string[]): Promise<Result> =>
  strongroom(undefined, ["policy", "explain", "-", ...argv], {
    io: { readInput: () => Promise.resolve(text) },
  });
async function explained(document: unknown, ...argv: string[]) {
  const { exit, stdout } = await run(JSON.stringify(document), "--json", ...argv);
  return { exit, ...(JSON.parse(stdout) as Explanation) };
}
const policy = (...statements: object[]) => ({ Version: "2012-10-17", Statement: statements });
const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234";
const rules = ({ findings }: Explanation): string[] => findings.map(({ rule }) => rule);

describe("`strongroom policy explain`", () => {
  it("says what is allowed after expansion and what a Deny takes away, and ends with 0 where nothing is wrong", async () => {
    const found = await explained(
      policy(
        { Effect: "Allow", Action: ["kms:Decrypt", "kms:DescribeKey"], Resource: KEY },
        { Effect: "Deny", Action: "kms:Desc*", Resource: "*" },
      ),
    );
    expect(found.findings).to.deep.equal([]);
    expect(found.exit).to.equal(0);
    const [one] = found.policies;
    expect(one).to.include({ kind: "identity", allowedActions: 1 });
    expect(one?.deniedActions).to.deep.equal(["kms:DescribeKey"]);
    expect(one?.statements[0]?.says).to.equal(
      `Allows kms:decrypt, kms:describekey (2 actions) on ${KEY}`,
    );
  });

  it("finds ways to more permissions and unknown actions, and ends with 1", async () => {
    const found = await explained(
      policy({ Effect: "Allow", Action: ["iam:PutRolePolicy", "kms:Nonsense"], Resource: "*" }),
    );
    expect(found.exit).to.equal(1);
    expect(rules(found)).to.include("iam-no-escalation");
    expect(found.policies[0]?.escalations).to.deep.equal([
      "gives an identity any permission: iam:PutRolePolicy",
    ]);
    expect(found.policies[0]?.statements[0]?.unknownActions).to.deep.equal(["kms:nonsense"]);
  });

  it("tells conditions that restrict from those that only look so, and who is let in, without their values", async () => {
    const { stdout } = await run(
      JSON.stringify(
        policy({
          Effect: "Allow",
          Principal: "*",
          Action: "kms:Decrypt",
          Resource: "*",
          Condition: {
            StringEqualsIfExists: { "aws:PrincipalOrgID": "o-canary1234" },
            StringLike: { "aws:PrincipalArn": "*" },
          },
        }),
      ),
    );
    expect(stdout).to.contain("policy (key policy)");
    expect(stdout).to.contain(
      "if stringequalsifexists aws:principalorgid: restricts nothing, it holds without the key",
    );
    expect(stdout).to.contain(
      "if stringlike aws:principalarn: restricts nothing, it holds for every request",
    );
    expect(stdout).to.contain("lets in public: *");
    expect(stdout).to.contain("kms-key-policy-no-wildcard-principal");
    expect(stdout).to.not.contain("canary");
  });

  it("judges a trust policy without blaming it for what the role lacks", async () => {
    const trusts = (principal: object) =>
      explained(policy({ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }));
    const good = await trusts({ Service: "lambda.amazonaws.com" });
    expect(good.policies[0]?.kind).to.equal("trust");
    expect(good.findings).to.deep.equal([]);
    expect(good.exit).to.equal(0);
    const open = await trusts({ AWS: "*" });
    expect(rules(open)).to.include("iam-trust-not-open");
    expect(open.exit).to.equal(1);
  });

  it("explains every document of a file of resources", async () => {
    const document = policy({ Effect: "Allow", Action: "kms:Decrypt", Resource: KEY });
    const found = await explained([
      {
        type: "aws:iam/rolePolicy:RolePolicy",
        name: "reads",
        props: { policy: JSON.stringify(document) },
      },
    ]);
    expect(found.policies.map(({ resource }) => resource)).to.deep.equal(["reads"]);
  });

  it("names line and column of a mistake in the JSON, repeats nothing of the text, and ends with 2", async () => {
    const { exit, stderr, stdout } = await run('{\n  "Statement": [CANARY]\n}');
    expect(exit).to.equal(2);
    expect(stderr).to.contain("2:17");
    expect(stderr + stdout).to.not.contain("CANARY");
  });

  it("ends with 2 for a file that does not exist and for JSON that is no document", async () => {
    expect((await strongroom(undefined, ["policy", "explain", "missing.json"])).exit).to.equal(2);
    expect((await run("3")).exit).to.equal(2);
  });
});
