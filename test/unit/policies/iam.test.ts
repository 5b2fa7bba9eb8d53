import { expect } from "chai";
import fc from "fast-check";

import { accountOf, isAccountRoot, isKeyArn, withoutPartition } from "../../../policies/iam/arn";
import { narrowing } from "../../../policies/iam/actions";
import { parseDocument } from "../../../policies/iam/document";
import { hasDuplicateKeys, jsonErrorAt } from "../../../policies/iam/json";
import { resourcePattern } from "../../../policies/iam/region";
import { globMatches, globsOverlap, isOpen, isStarLike } from "../../../policies/iam/patterns";
import { isEveryAction, isEveryActionOfService, reachOf } from "../../../policies/iam/statements";
import { Undetermined } from "../../../policies/model/values";

/** The same by a regular expression: slow and plain. */
const slowMatch = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replace(/\*+/g, ".*").replaceAll("?", ".")}$`, "s").test(text);
const letters = (...alphabet: string[]) =>
  fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join(""));

describe("IAM's wildcards", () => {
  it("match as a regular expression would", () => {
    fc.assert(
      fc.property(letters("a", "b", "*", "?"), letters("a", "b", "c"), (pattern, text) => {
        expect(globMatches(pattern, text)).to.equal(slowMatch(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it("overlap wherever one text is matched by both", () => {
    fc.assert(
      fc.property(
        letters("a", "b", "*", "?"),
        letters("a", "b", "*", "?"),
        letters("a", "b"),
        (a, b, text) => {
          if (slowMatch(a, text) && slowMatch(b, text)) expect(globsOverlap(a, b)).to.equal(true);
          expect(globsOverlap(a, b)).to.equal(globsOverlap(b, a));
        },
      ),
      { numRuns: 2000 },
    );
    expect(globsOverlap("k?s", "kms")).to.equal(true);
    expect(globsOverlap("s3*", "kms")).to.equal(false);
    expect(globsOverlap("a*b", "*c")).to.equal(false);
  });

  it("take no longer for a pattern made to be slow", () => {
    const started = performance.now();
    expect(globMatches("*a".repeat(50), "a".repeat(49) + "b")).to.equal(false);
    expect(globMatches("*a".repeat(200) + "x", "a".repeat(5000))).to.equal(false);
    expect(performance.now() - started).to.be.lessThan(1000);
  });

  it("tell stars from names, and open texts from closed ones", () => {
    expect(["*", "**", "?*", "*?"].every(isStarLike)).to.equal(true);
    expect(["", "?", "a*", "*a"].some(isStarLike)).to.equal(false);
    expect(["a*", "a?", "${aws:username}"].every(isOpen)).to.equal(true);
    expect(isOpen("$5")).to.equal(false);
  });
});

describe("actions", () => {
  it("know every action of all services from every action of one", () => {
    expect(["*", "**", "*:*", "?*:*"].every(isEveryAction)).to.equal(true);
    expect(["kms:*", "k?s:**", "*:Get*", "kms:Decrypt"].some(isEveryAction)).to.equal(false);
    expect(["kms:*", "k*:*"].every(isEveryActionOfService)).to.equal(true);
    expect(["*:*", "kms:Get*"].some(isEveryActionOfService)).to.equal(false);
  });

  it("know which of them AWS cannot narrow", () => {
    expect(narrowing("secretsmanager:listsecrets")).to.equal("impossible");
    expect(narrowing("kms:list*")).to.equal("possible");
    expect(narrowing("ec2:describe*")).to.equal("impossible");
    expect(narrowing("*:getobject")).to.equal("possible");
    expect(narrowing("newservice:do")).to.equal("unlisted");
  });
});

describe("resources", () => {
  const REACHES = {
    everything: ["*", "arn:*", "arn:aws:kms:*:*:key/*", "arn:aws:s3:::*", "arn:aws:s3:::*/*"],
    account: [
      "arn:aws:kms:*:111122223333:key/*",
      "arn:aws:iam::111122223333:role/*",
      "arn:aws:iam::111122223333:role*",
      "arn:aws:i?m::111122223333:r*",
      "arn:aws:lambda:*:111122223333:func*:*",
    ],
    some: [
      "arn:aws:s3:::bucket/*",
      "arn:aws:iam::*:role/strongroom/reader",
      "arn:aws:iam::111122223333:*/reader",
      "arn:aws:codepipeline:*:111122223333:app",
      "arn:aws:secretsmanager:*:111122223333:secret:app-*",
      "arn:aws:sns:eu-central-1:111122223333:alarms:*",
    ],
  };
  for (const [reach, resources] of Object.entries(REACHES)) {
    it(`reach ${reach}: ${resources.join(", ")}`, () => {
      expect(resources.map(reachOf)).to.deep.equal(resources.map(() => reach));
    });
  }
});

describe("ARNs", () => {
  it("are read in every partition", () => {
    expect(accountOf("arn:aws-us-gov:iam::111122223333:role/x")).to.equal("111122223333");
    expect(accountOf("111122223333")).to.equal("111122223333");
    expect(accountOf("arn:aws:iam::*:role/x")).to.equal(undefined);
    expect(isAccountRoot("arn:aws-cn:iam::111122223333:root")).to.equal(true);
    expect(withoutPartition("arn:aws-cn:s3:::b")).to.equal("arn:aws:s3:::b");
  });

  it("of a key are full, without alias and wildcard", () => {
    const arn = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234";
    expect(isKeyArn(arn)).to.equal(true);
    for (const other of [arn.replace("key/mrk-1234", "alias/x"), `${arn}*`, "mrk-1234", ""]) {
      expect(isKeyArn(other)).to.equal(false);
    }
  });
});

describe("policy documents", () => {
  it("are the same as text, as data, as one statement and as a list", () => {
    const statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" };
    const forms = [
      { Statement: [statement] },
      { Statement: statement },
      { statement: { EFFECT: "Allow", action: ["KMS:Decrypt"], resource: ["*"] } },
      JSON.stringify({ Statement: statement }),
    ];
    const read = forms.map((form) => parseDocument(form, "policy").statements.map((s) => s()));
    for (const statements of read) expect(statements).to.deep.equal(read[0]);
    expect(read[0]?.[0]?.actions).to.deep.equal(["kms:decrypt"]);
  });

  it("never crash the parser: any JSON is read or undetermined", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        for (const source of [data, { Statement: data }, { Statement: [data] }]) {
          try {
            parseDocument(JSON.stringify(source), "policy").statements.map((s) => s());
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(Undetermined);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("with a key twice are found, escaped or nested, and no others", () => {
    expect(hasDuplicateKeys('{"a":1,"a":2}')).to.equal(true);
    expect(hasDuplicateKeys('{"a":1,"\\u0061":2}')).to.equal(true);
    expect(hasDuplicateKeys('[{"b":{"a":[],"c":1,"a":{}}}]')).to.equal(true);
    expect(hasDuplicateKeys('{"a":{"a":"a"},"b":["a","a"],"c":"{\\"a\\":1,\\"a\\":2}"}')).to.equal(
      false,
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        // JSON made from an object has each key once.
        expect(hasDuplicateKeys(JSON.stringify(JSON.parse(json)))).to.equal(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the place where a text stops being JSON", () => {
  it("is found where there is one, and is the end of all JSON", () => {
    const wrong: Readonly<Record<string, number>> = {
      '{"a":[CANARY]}': 6,
      '{"a":1,}': 7,
      "[1,]": 3,
      '{"a" 1}': 5,
      "[1}": 2,
      "01": 0,
      '"\\x"': 0,
      "[1] 2": 4,
    };
    for (const [text, at] of Object.entries(wrong)) expect(jsonErrorAt(text), text).to.equal(at);
    fc.assert(fc.property(fc.json(), (json) => jsonErrorAt(json) === json.length));
  });
});

describe("what IAM accepts", () => {
  const one = (statement: object) =>
    parseDocument({ Statement: { Effect: "Allow", Action: "*", ...statement } }, "policy")
      .statements[0]!();
  const conditions = (block: object) =>
    one({ Condition: block as never }).conditions.map(
      ({ quantifier, operator, ifExists, key, values }) =>
        [quantifier, operator, ifExists, key, values] as const,
    );

  it("is read with every operator, quantifier and IfExists, in any case", () => {
    const texts = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase"].concat(
      ...["StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
      ...["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    );
    const ordered = ["Equals", "NotEquals", "LessThan", "LessThanEquals"].concat(
      ...["GreaterThan", "GreaterThanEquals"],
    );
    const operators: readonly (readonly [operator: string, value: string | number])[] = [
      ...texts.map((name) => [name, "v"] as const),
      ...ordered.map((name) => [`Numeric${name}`, 1] as const),
      ...ordered.map((name) => [`Date${name}`, "2026-11-25T10:00:00Z"] as const),
      ["Bool", "true"],
      ["BinaryEquals", "QmluYXJ5"],
      ["IpAddress", "10.0.0.0/8"],
      ["NotIpAddress", "::1"],
    ];
    for (const [operator, value] of operators) {
      const lower = operator.toLowerCase();
      const read = String(value);
      expect(conditions({ [operator]: { "aws:Key": value } })).to.deep.equal([
        [undefined, lower, false, "aws:key", [read]],
      ]);
      expect(
        conditions({
          [`forallvalues:${operator.toUpperCase()}IFEXISTS`]: { "A:K": [value, value] },
        }),
      ).to.deep.equal([["forallvalues", lower, true, "a:k", [read, read]]]);
      expect(conditions({ [`ForAnyValue:${operator}`]: { "a:k": value } })[0]?.[0]).to.equal(
        "foranyvalue",
      );
    }
    expect(conditions({ Null: { "a:k": "true" } })[0]?.[1]).to.equal("null");
  });

  it("is read with principals of every sort", () => {
    const read = one({
      Principal: {
        AWS: ["111122223333", "arn:aws-us-gov:iam::111122223333:root", "AROAEXAMPLEEXAMPLE12"],
        Service: "lambda.amazonaws.com.cn",
        Federated: ["arn:aws-iso:iam::111122223333:saml-provider/idp"],
        CanonicalUser: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
      },
    }).principals;
    expect(read?.everybody).to.equal(false);
    expect(read?.aws).to.have.length(3);
    expect(read?.services).to.deep.equal(["lambda.amazonaws.com.cn"]);
    expect(read?.federated).to.have.length(1);
    expect(read?.canonicalUsers).to.have.length(1);
    for (const everybody of ["*", { AWS: "*" }, { AWS: ["x", "*"] }, ["*"]]) {
      expect(one({ Principal: everybody }).principals?.everybody).to.equal(true);
      expect(one({ NotPrincipal: everybody }).notPrincipals?.everybody).to.equal(true);
    }
  });

  it("does not hide a variable whose default holds a brace", () => {
    const pattern = (text: string) => resourcePattern(text, true);
    expect(pattern("arn:aws:s3:::b/${aws:PrincipalTag/team, 'a}b'}/x").widest).to.equal(
      "arn:aws:s3:::b/*/x",
    );
    expect(pattern("arn:aws:s3:::b/${aws:username}").variable).to.equal(true);
    expect(resourcePattern("arn:aws:s3:::b/${aws:username}", false).variable).to.equal(false);
    expect(globMatches(pattern("arn:aws:s3:::b/${*}").widest, "arn:aws:s3:::b/c")).to.equal(false);
  });

  it("is not judged where two readers could read two things", () => {
    for (const text of [
      '{"Statement":[],"Statement":[]}',
      '{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}',
      '{"Statement":[],"\\u0053tatement":[]}',
      '\uFEFF{"Statement":[]}',
      '{"Statement":[],}',
      '{"Statement":[]} // all',
    ]) {
      expect(() => parseDocument(text, "policy"), text).to.throw(Undetermined);
    }
    expect(() => one({ Action: "a", action: "b" })).to.throw(Undetermined);
  });
});
