import { Type, type TSchema } from "typebox";

import { type Onboarding, ONBOARDING_STATES } from "../onboarding-ports";
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

/** The shapes of the API about accounts on their way into the fleet. */

const OnboardingSchema = named(
  "Onboarding",
  Type.Object(
    {
      id: text("The onboarding's id"),
      accountId: Type.String({ pattern: "^\\d{12}$" }),
      state: choice(
        ONBOARDING_STATES,
        "ready, failed and needs_attention are ends; ready: stamped, and its first backup shown",
      ),
      requestedBy: text("Who asked for it"),
      reason: Type.Optional(text("Why, in the words of who asked")),
      webhook: Type.Optional(text("The webhook that is told of the end")),
      createdAt: time("When it was asked for"),
      endedAt: Type.Optional(time("When it ended")),
      attempts: count("What was tried in vain so far"),
      nextAt: Type.Optional(time("When it is looked at next")),
      upRun: Type.Optional(text("The run that stamps the account")),
      backupRun: Type.Optional(text("The run of its first backup")),
      note: Type.Optional(ref("Error")),
      result: Type.Optional(
        Type.Object(
          {
            stamps: Type.Array(
              Type.Object(
                {
                  stamp: text("<kind>-<account id>"),
                  outputs: Type.Record(Type.String(), Type.Unknown()),
                },
                closed,
              ),
              { description: "Its stamps with their outputs; secret outputs are left out" },
            ),
            coverage: Type.Object(
              { secrets: count("Secrets in scope"), covered: count("Secrets that are kept") },
              closed,
            ),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);

export const ONBOARDING_SCHEMAS: readonly TSchema[] = [OnboardingSchema];
export const OnboardingRef = ref<Onboarding>("Onboarding");
export const OnboardingPage = Type.Object(
  { items: Type.Array(ref<Onboarding>("Onboarding")) },
  closed,
);

/** Compiles only while the schema has every field of its contract. */
export type NothingMissing = Nothing<{
  onboarding: Missing<Onboarding, typeof OnboardingSchema>;
}>;
