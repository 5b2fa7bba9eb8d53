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
      "if stringlike aws:principalarn: restricts nothing, every request carries the key, and it takes every value",
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

  it("reasons on each condition: who is kept out, and who is not", async () => {
    const found = await explained(
      policy({
        Effect: "Allow",
        Principal: "*",
        Action: "kms:Decrypt",
        Resource: "*",
        Condition: {
          StringEquals: {
            "aws:PrincipalOrgID": "o-abcdef1234",
            "kms:ViaService": "s3.eu-central-1.amazonaws.com",
            "aws:RequestedRegion": "eu-central-1",
          },
          StringNotEquals: { "aws:PrincipalAccount": "111122223333" },
          ArnLike: { "aws:SourceArn": "arn:aws:s3:::*" },
          Null: { "aws:TokenIssueTime": "false" },
          DateGreaterThan: { "aws:CurrentTime": "2001-01-01T00:00:00Z" },
          "ForAllValues:StringEquals": { "aws:TagKeys": "a" },
        },
      }),
    );
    const reasons = found.policies[0]?.statements[0]?.conditions.map(
      ({ key, restricts, why }) => `${key}: ${restricts}, ${why}`,
    );
    expect(reasons).to.deep.equal([
      "aws:principalorgid: caller, it demands who is calling",
      "kms:viaservice: request, it says through which service, not for whom; alone it keeps nobody out",
      "aws:requestedregion: request, it demands the key, which does not say who is calling",
      "aws:principalaccount: request, it keeps some out and lets in all others, also those without the key",
      "aws:sourcearn: request, its values are open where account or organization should be exact",
      "aws:tokenissuetime: request, it asks only whether the key is there",
      "aws:currenttime: nothing, its limit leaves out nothing that happens",
      "aws:tagkeys: nothing, it holds without the key, as all of no values do",
    ]);
  });

  it("shows the size against every quota that may be meant, without white space where AWS counts none", async () => {
    const statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: KEY };
    const length = JSON.stringify(policy(statement)).length;
    const { stdout } = await run(JSON.stringify(policy(statement), undefined, 9));
    expect(stdout).to.contain(`${length} of 6144 characters for a managed policy`);
    expect(stdout).to.contain(
      `${length} of 2048 characters for the inline policies of a user together`,
    );
    expect(stdout).to.contain("of 5120 bytes for a service control policy");
    const long = policy({ ...statement, Resource: Array<string>(60).fill(KEY) });
    expect((await explained(long)).policies[0]?.sizes.map(({ fits }) => fits)).to.deep.equal([
      true,
      true,
      true,
      false,
      true,
    ]);
    const key = await explained(policy({ ...statement, Principal: "*" }), "--kind", "key");
    expect(key.policies[0]?.sizes).to.deep.include({
      of: "a key policy",
      size: JSON.stringify(policy({ ...statement, Principal: "*" })).length,
      most: 32_768,
      counts: "bytes",
      fits: true,
    });
  });

  it("adds up the inline policies of one role", async () => {
    const document = JSON.stringify(
      policy({ Effect: "Allow", Action: "kms:Decrypt", Resource: KEY }),
    );
    const found = await explained([
      {
        type: "aws:iam/role:Role",
        name: "app",
        props: {
          inlinePolicies: [
            { name: "a", policy: document },
            { name: "b", policy: document },
          ],
        },
      },
    ]);
    const sizes = found.policies.flatMap((one) => one.sizes).map(({ of, size }) => [of, size]);
    const both = ["the inline policies of a role together", 2 * document.length];
    expect(sizes).to.deep.equal([both, both]);
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
