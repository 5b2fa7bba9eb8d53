import { expect } from "chai";
import * as fc from "fast-check";

import { placeOfArn } from "../../../lambdas/core/arn";
import {
  coverageKey,
  drillKey,
  failureKey,
  manifestKey,
  parseKey,
  secretPrefix,
  valueKey,
} from "../../../lambdas/core/keys";

const place = {
  accountId: "111122223333",
  region: "eu-central-1",
  name: "prod/db+main@eu=1",
  suffix: "AbCdEf",
};

const names = fc.stringMatching(/^[A-Za-z0-9/_+=.@-]{1,100}$/);
const places = fc.record({
  accountId: fc.stringMatching(/^\d{12}$/),
  region: fc.constantFrom("eu-central-1", "us-gov-west-1"),
  name: names,
  suffix: fc.stringMatching(/^[A-Za-z0-9]{6}$/),
});
const times = fc
  .date({ min: new Date("2014-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const hashes = fc.stringMatching(/^[0-9a-f]{16}$/);

describe("the keys of the vault's objects", () => {
  it("say where each thing lies, with names and versions encoded", () => {
    expect(valueKey(place, "v1")).to.equal(
      "111122223333/eu-central-1/prod%2Fdb%2Bmain%40eu%3D1/AbCdEf/v1",
    );
    const stamp = {
      changedAt: "2026-03-01T12:00:00.123Z",
      listed: "0123456789abcdef",
      content: "fedcba9876543210",
    };
    expect(manifestKey(place, stamp)).to.equal(
      `${secretPrefix(place)}manifests/20260301T120000123Z-0123456789abcdef-fedcba9876543210.json`,
    );
    expect(coverageKey("111122223333")).to.equal("coverage/111122223333.json");
    expect(drillKey("d-1")).to.equal("reports/drills/d-1.json");
  });

  it("give back what they were made of, for any name and version", () => {
    fc.assert(
      fc.property(places, fc.string({ minLength: 1, maxLength: 64 }), (of, versionId) => {
        expect(parseKey(valueKey(of, versionId))).to.deep.equal({
          kind: "value",
          place: of,
          versionId,
        });
      }),
    );
    fc.assert(
      fc.property(places, times, hashes, hashes, (of, changedAt, listed, content) => {
        const stamp = { changedAt, listed, content };
        expect(parseKey(manifestKey(of, stamp))).to.deep.equal({
          kind: "manifest",
          place: of,
          ...stamp,
        });
      }),
    );
  });

  it("never lie below the prefix of another secret", () => {
    fc.assert(
      fc.property(places, names, (of, name) => {
        fc.pre(name !== of.name);
        expect(valueKey({ ...of, name }, "v").startsWith(secretPrefix(of))).to.equal(false);
      }),
    );
  });

  it("of manifests sort by time", () => {
    fc.assert(
      fc.property(times, times, hashes, hashes, (a, b, x, y) => {
        fc.pre(a < b);
        const key = (changedAt: string, content: string) =>
          manifestKey(place, { changedAt, listed: x, content });
        expect(key(a, x) < key(b, y)).to.equal(true);
      }),
    );
  });

  for (const other of [
    "coverage/111122223333.json",
    "coverage/fleet.json",
    failureKey(place),
    "reports/drills/1.json",
    `${secretPrefix(place)}manifests/20260301T120000Z-aa-bb.json`,
    `${secretPrefix(place)}v1/more`,
    secretPrefix(place),
    "111122223333/eu-central-1/%E0%A4%A/AbCdEf/v1",
    "",
  ]) {
    it(`take "${other}" for no backup`, () => {
      expect(parseKey(other)).to.equal(undefined);
    });
  }
});

describe("a secret's ARN", () => {
  it("says where the secret is, hyphens and slashes in its name or not", () => {
    expect(
      placeOfArn("arn:aws:secretsmanager:eu-central-1:111122223333:secret:a/b-c-AbCdEf"),
    ).to.deep.equal({
      accountId: "111122223333",
      region: "eu-central-1",
      name: "a/b-c",
      suffix: "AbCdEf",
    });
  });

  for (const other of [
    "a/b-c",
    "arn:aws:secretsmanager:eu-central-1:111122223333:secret:short",
    "arn:aws:s3:::bucket-AbCdEf",
  ]) {
    it(`is not "${other}"`, () => {
      expect(placeOfArn(other)).to.equal(undefined);
    });
  }
});
