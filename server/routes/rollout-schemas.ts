import { Type } from "typebox";

import type { Approval, ApprovalRequest, Follows, Hold } from "../runs-ports";
import { choice, closed, count, text, time } from "./schema-parts";
import { Reason } from "./vault-schemas";

const Digest = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256 of the plan: the stamps, what they are made from, what changes in each",
});

const precious = count(
  "Accounts in which a key, a secret or a bucket would be deleted or replaced",
);

export const HoldSchema = Type.Unsafe<Hold>(
  Type.Object(
    {
      kind: choice(
        ["plan", "wave", "pause"],
        "plan, wave: it waits for an approval (of the plan; after a wave); pause: for a time",
      ),
      since: time("Since when"),
      wave: Type.Optional(text("The wave that has ended")),
      until: Type.Optional(time("When a pause ends by itself")),
      digest: Type.Optional(Digest),
      preciousAccounts: Type.Optional(precious),
      twoPerson: Type.Optional(
        Type.Boolean({ description: "Who asked for the run cannot approve it" }),
      ),
      approvers: Type.Optional(
        Type.Integer({ minimum: 1, description: "Different persons that have to approve; one" }),
      ),
      approvedBy: Type.Optional(
        Type.Array(Type.String(), { description: "Who has, while others are still missing" }),
      ),
    },
    { ...closed, description: "Why nothing of the run goes on" },
  ),
);

export const ApprovalSchema = Type.Unsafe<Approval>(
  Type.Object(
    {
      by: text("Who"),
      at: time("When"),
      reason: Type.String(),
      digest: Digest,
      preciousAccounts: Type.Optional(precious),
      wave: Type.Optional(text("The wave after which it let the run go on; none: the plan")),
    },
    closed,
  ),
);

export const FollowsSchema = Type.Unsafe<Follows>(
  Type.Object(
    { run: text("The run that it goes on with"), how: choice(["resume", "retry"]) },
    closed,
  ),
);

/** Body of `POST /v1/runs/{id}/approve`. */
export const ApprovalBody = Type.Unsafe<ApprovalRequest>(
  Type.Object(
    {
      digest: Digest,
      reason: Reason,
      preciousAccounts: Type.Optional(precious),
    },
    closed,
  ),
);

/** Body of `POST /v1/runs/{id}/resume` and `/retry`. */
export const GoOnBody = Type.Object({ reason: Type.Optional(Reason) }, closed);
