import { expect } from "chai";

import {
  ENROLLED_TAG,
  enrolmentOf,
  enrolmentStep,
  type EnrolmentStep,
} from "../../../../lambdas/rotate/enrolment";
import { parameterOf } from "../../../../lambdas/rotate/parameter";
import type { SeenSecret } from "../../../../lambdas/rotate/ports";

const OURS = "arn:aws:lambda:eu-central-1:111122223333:function:strongroom-rotation-steps";
const NOW = new Date("2026-03-02T10:00:00Z");
const LINES = [
  { names: ["app/*-key"], rotator: "api-key", settings: { length: "24" } },
  { names: ["app/*"], rotator: "password", settings: {} },
];

const secret = (
  tags: Record<string, string> = {},
  rotation: SeenSecret["rotation"] = { enabled: false },
  name = "app/a-key",
): SeenSecret => ({ arn: `arn:${name}`, name, tags, deleted: false, rotation, stages: {} });
const set = { enabled: true, functionArn: OURS, everyDays: 30 };

const stepFor = (it: SeenSecret, lines = LINES): EnrolmentStep =>
  enrolmentStep(it, enrolmentOf(it, { enroll: lines }), OURS, 30, NOW);

describe("the enrolment of secrets", () => {
  it("goes by the first line of the fleet file that fits the name", () => {
    expect(stepFor(secret())).to.deep.equal({
      kind: "enrol",
      mark: {
        "strongroom:rotator": "api-key",
        "strongroom:rotator:length": "24",
        [ENROLLED_TAG]: "fleet-file 2026-03-02T10:00:00.000Z",
      },
      unmark: [],
    });
    expect(enrolmentOf(secret({}, undefined, "app/b"), { enroll: LINES })?.rotator).to.equal(
      "password",
    );
    expect(stepFor(secret({}, undefined, "other"))).to.deep.equal({ kind: "none" });
  });

  it("leaves the owner's own tags as they are, and heeds them before the fleet file", () => {
    const own = { "strongroom:rotator": "http", "strongroom:rotator:url": "https://a/b" };
    expect(stepFor(secret(own))).to.deep.equal({
      kind: "enrol",
      mark: { [ENROLLED_TAG]: "tag 2026-03-02T10:00:00.000Z" },
      unmark: [],
    });
  });

  it("does nothing where everything is as it should be", () => {
    const tags = {
      "strongroom:rotator": "api-key",
      "strongroom:rotator:length": "24",
      [ENROLLED_TAG]: "fleet-file 2026-01-01T00:00:00.000Z",
    };
    expect(stepFor(secret(tags, set))).to.deep.equal({ kind: "none" });
    const other = { ...tags, "strongroom:rotator:alphabet": "hex" };
    expect(stepFor(secret(other, set))).to.deep.equal({
      kind: "enrol",
      mark: {},
      unmark: ["strongroom:rotator:alphabet"],
    });
    expect(stepFor(secret(tags, { ...set, everyDays: 90 }))).to.include({ kind: "enrol" });
  });

  it("takes over no rotation of somebody else", () => {
    const theirs = { enabled: true, functionArn: "arn:aws:lambda:x:1:function:theirs" };
    expect(stepFor(secret({}, theirs))).to.deep.equal({ kind: "foreign" });
    expect(stepFor(secret({}, theirs, "other"))).to.deep.equal({ kind: "none" });
  });

  it("cancels what is not enrolled any more, and takes away its own marks alone", () => {
    const ours = {
      owner: "team",
      "strongroom:rotator": "api-key",
      [ENROLLED_TAG]: "fleet-file 2026-01-01T00:00:00.000Z",
    };
    expect(stepFor(secret(ours, set), [])).to.deep.equal({
      kind: "leave",
      cancel: true,
      unmark: [ENROLLED_TAG, "strongroom:rotator"],
    });
    const theirs = { [ENROLLED_TAG]: "tag 2026-01-01T00:00:00.000Z" };
    expect(stepFor(secret(theirs, set), [])).to.deep.equal({
      kind: "leave",
      cancel: true,
      unmark: [ENROLLED_TAG],
    });
  });

  it("believes no mark that it did not write", () => {
    const odd = { "strongroom:rotator": "password", [ENROLLED_TAG]: "fleet-file yesterday" };
    expect(stepFor(secret(odd, set))).to.deep.include({
      mark: { [ENROLLED_TAG]: "tag 2026-03-02T10:00:00.000Z" },
    });
  });
});

describe("the parameter of a secret's version", () => {
  it("is its name below a fixed path, with what Parameter Store does not take written in hex", () => {
    expect(parameterOf("app/prod/db")).to.equal("/strongroom/versions/app/prod/db");
    expect(parameterOf("a+b=c@d-e")).to.equal("/strongroom/versions/a.2bb.3dc.40d-e");
    expect(parameterOf("/a//b")).to.equal("/strongroom/versions/.2fa.2f.2fb");
  });

  it("is another one for another name", () => {
    const names = ["a-b", "a.2db", "a.b", "a/b", "a.2fb", "a//b", "a+b"];
    expect(new Set(names.map(parameterOf)).size).to.equal(names.length);
  });
});
