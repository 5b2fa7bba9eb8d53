import { expect } from "chai";

import {
  errorOf,
  saysNoSuchStack,
  saysProviderDied,
  type Failure,
} from "../../../../server/engine/engine-errors";
import type { PolicyViolation } from "../../../../server/ports";
import type { ErrorCode } from "../../../../stacks/errors";

const failure = (stderr: string, more: Partial<Failure> = {}): Failure => ({
  stamp: "member-111122223333",
  diagnostics: [],
  stderr,
  violations: [],
  changedSomething: false,
  ...more,
});

/** Texts as the engine, the bridge and AWS really say them (3.259, provider 5.100). */
const RECORDED: readonly [string, ErrorCode, string, string][] = [
  [
    "a lock of somebody else",
    "STACK_LOCKED",
    "root@vm",
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///s/.pulumi/locks/organization/strongroom/member-111122223333/1c4659cd.json: created by root@vm (pid 1370) at 2026-11-23T21:19:46Z",
  ],
  [
    "a state backend that fails",
    "STATE_UNREACHABLE",
    "state backend",
    'error: could not create stack: An IO error occurred while writing the new snapshot file: blob (key ".pulumi/stacks/strongroom/access-700000000001.json") (code=Unknown): operation error S3: PutObject, exceeded maximum number of attempts, 3, https response error StatusCode: 503, RequestID: , HostID: , api error SlowDown: UnknownError',
  ],
  [
    "a state backend that lets nobody in",
    "STATE_UNREACHABLE",
    "state backend",
    'error: blob (key ".pulumi/stacks/strongroom/access-700000000001.json") (code=Unknown): operation error S3: GetObject, https response error StatusCode: 403, RequestID: , HostID: , api error AccessDenied: Access Denied',
  ],
  [
    "a missing provider",
    "ENGINE_MISSING",
    "aws",
    "error: could not load plugin for aws provider 'urn:pulumi:x': no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.48.0 or on your $PATH",
  ],
  [
    "a missing policy analyzer",
    "ENGINE_MISSING",
    "policy-nodejs",
    "error: no analyzer plugin 'pulumi-analyzer-policy-nodejs' found in the workspace or on your $PATH",
  ],
  [
    "a role that nobody lets us assume",
    "ACCESS_ROLE",
    "arn:aws:iam::111122223333:role/strongroom/strongroom-stamper",
    "error: Cannot assume IAM role (arn:aws:iam::111122223333:role/strongroom/strongroom-stamper).\n\nError: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: User: arn:aws:iam::444455556666:user/x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/strongroom/strongroom-stamper",
  ],
  [
    "credentials of another account",
    "ACCESS_WRONG_ACCOUNT",
    "999988887777",
    "error: pulumi:providers:aws resource 'aws' has a problem: AWS account ID not allowed: 999988887777",
  ],
  [
    "a call that a policy refuses",
    "ACCESS_DENIED",
    "kms:CreateKey",
    "creating KMS Key: operation error KMS: CreateKey, https response error StatusCode: 400, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/strongroom-stamper/s is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action",
  ],
  [
    "no credentials at all",
    "ACCESS_ROLE",
    "No valid credential sources",
    "error: No valid credential sources found. Please see https://registry.terraform.io/providers/hashicorp/aws",
  ],
  [
    "an emulator that is down",
    "ENGINE_FAILED",
    "127.0.0.1:4566",
    'error: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 25, https response error StatusCode: 0, request send failed, Post "http://127.0.0.1:4566/": dial tcp 127.0.0.1:4566: connect: connection refused',
  ],
  [
    "a full disk",
    "ENGINE_DISK_FULL",
    "disk is full",
    "error: saving checkpoint: write /s/.pulumi/stacks/strongroom/x.json: no space left on device",
  ],
  [
    "a wrong passphrase",
    "ENGINE_FAILED",
    "incorrect passphrase",
    "error: getting secrets manager: incorrect passphrase",
  ],
  [
    "creations whose end nobody saw",
    "ENGINE_PENDING",
    "member-111122223333",
    "error: the current deployment has 1 resource(s) with pending operations from previous deployment",
  ],
];

describe("the errors of the engine", () => {
  for (const [what, code, part, text] of RECORDED) {
    it(`recognize ${what}, from the command's output and from a diagnostic`, () => {
      for (const seen of [failure(text), failure("", { diagnostics: [text] })]) {
        const error = errorOf(seen);
        expect(error.code).to.equal(code);
        expect(error.message).to.contain(part);
        expect(error.action, "an action").to.be.a("string");
      }
    });
  }

  it("keep the action and the resource of a refusal", () => {
    const text =
      "not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-x with an explicit deny";
    expect(errorOf(failure(text)).message).to.equal(
      "AWS refused secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-x",
    );
  });

  it("put a mandatory violation before everything else, and an advisory one before nothing", () => {
    const violation: PolicyViolation = {
      pack: "p",
      rule: "kms-key-rotation-enabled",
      level: "mandatory",
      urn: "urn:pulumi:s::p::aws:kms/key:Key::vault-key",
      message: "Set enableKeyRotation to true.",
    };
    const error = errorOf(failure("AccessDenied", { violations: [violation] }));
    expect(error.code).to.equal("POLICY_VIOLATION");
    expect(error.message).to.contain("before anything was changed");
    expect(error.problems[0]?.message).to.equal(
      "p/kms-key-rotation-enabled on vault-key: Set enableKeyRotation to true.",
    );
    const advisory = { ...violation, level: "advisory" as const };
    expect(errorOf(failure("AccessDenied", { violations: [advisory] })).code).to.equal(
      "ACCESS_DENIED",
    );
  });

  it("say of a failure that they do not know whether it changed something, in the engine's words", () => {
    const diagnostics = ["preview failed", "Bucket name is taken"];
    const before = errorOf(failure("", { diagnostics }));
    expect([before.code, before.message]).to.deep.equal(["ENGINE_FAILED", "Bucket name is taken"]);
    const after = errorOf(failure("", { diagnostics, changedSomething: true }));
    expect(after.code).to.equal("ENGINE_UPDATE_FAILED");
    expect(errorOf(failure("")).message).to.equal("the engine failed without saying why");
  });

  it("cut a message that never ends", () => {
    expect(errorOf(failure("x".repeat(100_000))).message.length).to.be.below(1000);
  });

  it("know a provider that died from AWS that refused", () => {
    expect(
      saysProviderDied([
        "sdk-v2/provider2.go:520: rpc error: code = Unavailable desc = error reading from server: EOF",
      ]),
    ).to.equal(true);
    expect(saysProviderDied(["creating IAM Role (r): HTTP 403, AccessDenied", "EOF"])).to.equal(
      false,
    );
    expect(saysProviderDied([])).to.equal(false);
  });

  it("know a stack that is not there from a backend that does not answer", () => {
    expect(saysNoSuchStack("error: no stack named 'member-1' found")).to.equal(true);
    expect(saysNoSuchStack("error: dial tcp: connection refused")).to.equal(false);
  });
});
