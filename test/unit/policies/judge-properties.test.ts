import { expect } from "chai";
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { CORPUS, judgeText, mutatedTexts } from "../../support/policy-fuzz";
import { escalationCases, escalationDisagreements } from "../../support/escalation-cases";
import { disagreements, policyCases } from "../../support/policy-cases";
import { trustCases, trustDisagreements } from "../../support/trust-cases";
import { mayBeAllowed, type RawDocument } from "../../support/iam-reference";

describe("the judge of policies", () => {
  it("agrees with a slow reading of the same documents", () => {
    fc.assert(
      fc.property(policyCases, (given) => {
        expect(disagreements(given)).to.deep.equal([]);
      }),
      { numRuns: 150 },
    );
  }).timeout(120_000);

  it("agrees with a slow reading of who becomes a role", () => {
    fc.assert(
      fc.property(trustCases, (given) => {
        expect(trustDisagreements(given)).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  }).timeout(120_000);

  it("agrees with a slow search for ways to more permissions", () => {
    fc.assert(
      fc.property(escalationCases, (given) => {
        expect(escalationDisagreements(given)).to.deep.equal([]);
      }),
      { numRuns: 150 },
    );
  }).timeout(120_000);

  it("neither crashes nor hangs on broken documents", () => {
    fc.assert(
      fc.property(mutatedTexts, (text) => {
        expect(judgeText(text)).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  }).timeout(120_000);

  for (const name of readdirSync(CORPUS)) {
    it(`still reads what was kept as ${name}`, () => {
      expect(judgeText(readFileSync(path.join(CORPUS, name), "utf8"))).to.deep.equal([]);
    }).timeout(60_000);
  }
});

describe("the slow reading of policies", () => {
  const allow = { Effect: "Allow", Action: "s3:*", Resource: "*" } as const;
  const allowed = (...statements: RawDocument["Statement"]): boolean =>
    mayBeAllowed([{ Statement: statements }], undefined, "s3:GetObject", "arn:aws:s3:::a/b", [{}]);

  it("allows what a statement allows, and nothing that one denies or none names", () => {
    expect(allowed(allow)).to.equal(true);
    expect(allowed(allow, { ...allow, Effect: "Deny", Resource: "arn:aws:s3:::a/*" })).to.equal(
      false,
    );
    expect(allowed({ ...allow, Action: "kms:*" })).to.equal(false);
    expect(allowed({ ...allow, Resource: "arn:aws:s3:::b/*" })).to.equal(false);
    expect(
      allowed({ ...allow, Condition: { StringEquals: { "aws:PrincipalOrgID": "o" } } }),
    ).to.equal(false);
  });
});
