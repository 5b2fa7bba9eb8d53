import { Type } from "typebox";

import { ACCOUNT_CHANGES } from "../../stacks/membership";
import type { FormerAccount, Membership } from "../membership-ports";
import {
  choice,
  closed,
  count,
  named,
  ref,
  text,
  time,
  type Missing,
  type Nothing,
} from "./schema-parts";

/** The shapes of the API about accounts that come and go. */

export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting_for_approval",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "needs_attention",
] as const;

export const MembershipSchema = named(
  "Membership",
  Type.Object(
    {
      change: choice(ACCOUNT_CHANGES, "What the account did last"),
      number: count("Grows with every change"),
      at: time("When it was seen"),
      from: Type.Optional(text("The unit or state before")),
      to: Type.Optional(text("The unit or state after")),
      follow: choice(
        ["open", "onboard", "retire", "keep", "none"],
        "What follows: retire waits for an approval of its run; keep: nobody can get in",
      ),
      runId: Type.Optional(text("The run that takes its stamps down")),
      runStatus: Type.Optional(choice(RUN_STATUSES)),
      onboardingId: Type.Optional(text("The onboarding that stamps it")),
      note: Type.Optional(text("Why")),
    },
    closed,
  ),
);

export const FormerAccountSchema = named(
  "FormerAccount",
  Type.Object(
    {
      id: Type.String({ pattern: "^\\d{12}$", description: "12 digits" }),
      name: text("Other people's text: escape it"),
      organizationalUnitPath: Type.Array(Type.String(), { description: "Where it was" }),
      membership: Type.Optional(ref("Membership")),
      stamps: Type.Array(ref("StampState")),
    },
    closed,
  ),
);

/** Compiles only while every schema has every field of its contract. */
export type NothingMissing = Nothing<{
  membership: Missing<Membership, typeof MembershipSchema>;
  formerAccount: Missing<FormerAccount, typeof FormerAccountSchema>;
}>;
