import { expect } from "chai";

import {
  outputsOf,
  pendingCreates,
  resourcesOf,
  retainedBy,
  secretsOf,
  wouldBeLost,
  type Deployment,
} from "../../../../server/engine/deployment";

const MARK = "4dabf18193072939515e22adb298388d";
const secret = { [MARK]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:x" };

const resource = (name: string, more: object = {}) => ({
  urn: `urn:pulumi:s::p::aws:s3/bucket:Bucket::${name}`,
  type: "aws:s3/bucket:Bucket",
  custom: true,
  id: `${name}-id`,
  ...more,
});

describe("reading a stack's state", () => {
  it("shows what is in the cloud and leaves out components, providers and what waits to be deleted", () => {
    const deployment: Deployment = {
      resources: [
        { urn: "urn:s::Stack", type: "pulumi:pulumi:Stack" },
        { urn: "urn:s::p", type: "pulumi:providers:aws", custom: true },
        { urn: "urn:s::c", type: "strongroom:x:Y", custom: false },
        resource("a", { protect: true }),
        resource("b", { delete: true }),
      ],
    };
    expect(resourcesOf(deployment)).to.deep.equal([
      {
        urn: "urn:pulumi:s::p::aws:s3/bucket:Bucket::a",
        type: "aws:s3/bucket:Bucket",
        name: "a",
        id: "a-id",
        protect: true,
      },
    ]);
  });

  it("leaves out outputs that are secret or hold a secret anywhere", () => {
    const outputs = { plain: "x", hidden: secret, nested: { list: [1, secret] }, deep: { a: [1] } };
    const stack = { urn: "urn:s::Stack", type: "pulumi:pulumi:Stack", outputs };
    expect(outputsOf({ resources: [stack] })).to.deep.equal({ plain: "x", deep: { a: [1] } });
    expect(outputsOf({})).to.deep.equal({});
  });

  it("knows how the stack's secrets are encrypted", () => {
    expect(secretsOf(undefined)).to.deep.equal({});
    expect(
      secretsOf({ secrets_providers: { type: "passphrase", state: { salt: "v1:s" } } }),
    ).to.deep.equal({ encryptionsalt: "v1:s" });
    const state = { url: "awskms://k", encryptedkey: "e" };
    expect(secretsOf({ secrets_providers: { type: "cloud", state } })).to.deep.equal({
      secretsprovider: "awskms://k",
      encryptedkey: "e",
    });
  });

  it("finds creations whose end nobody saw, and no other pending work", () => {
    const pending = [
      { type: "creating", resource: resource("a") },
      { type: "updating", resource: resource("b") },
    ];
    expect(pendingCreates({ pending_operations: pending }).map(({ id }) => id)).to.deep.equal([
      "a-id",
    ]);
    expect(pendingCreates(undefined)).to.deep.equal([]);
  });

  it("tells what a retirement leaves in AWS from what it would lose", () => {
    const deployment: Deployment = {
      resources: [
        resource("kept", {
          protect: true,
          retainOnDelete: true,
          outputs: { arn: "arn:aws:s3:::k" },
        }),
        resource("id-only", { retainOnDelete: true }),
        resource("lost", { protect: true }),
        resource("plain"),
      ],
    };
    expect(retainedBy(deployment).map(({ name, arn }) => [name, arn])).to.deep.equal([
      ["kept", "arn:aws:s3:::k"],
      ["id-only", "id-only-id"],
    ]);
    expect(wouldBeLost(deployment).map(({ id }) => id)).to.deep.equal(["lost-id"]);
  });
});
