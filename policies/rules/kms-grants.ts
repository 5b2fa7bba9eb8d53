import { parseArn } from "../iam/arn";
import { isOpen } from "../iam/patterns";
import { resourcesOf } from "../model/customer-key";
import type { Subject } from "../model/subject";
import { TYPES } from "../model/types";
import { isList, NOT_KNOWN_YET, Undetermined, UNKNOWN } from "../model/values";
import { defineRule } from "./rule";

export const kmsGrantNarrow = defineRule<Subject>({
  id: "kms-grant-narrow",
  catalogue: [9],
  objective: "key-access",
  severity: "high",
  checks:
    "A grant names one role, is bound to an encryption context, and does not allow further grants.",
  why: "A grant opens the key beside its policy, and no review of the policy sees it.",
  fix: "Set granteePrincipal to a role's ARN and constraints to an encryption context, and leave CreateGrant out of operations.",
  corresponds: ["CT.KMS.PR.3", "CT.KMS.PV.1"],
  subjects: resourcesOf(TYPES.kmsGrant),
  *check({ resource: { view } }) {
    const operations = view.raw("operations");
    if (operations === UNKNOWN) throw new Undetermined("operations", NOT_KNOWN_YET);
    if (isList(operations) && operations.includes("CreateGrant")) {
      yield { wrong: "lets its holder make further grants" };
    }
    const bound = view
      .objects("constraints")
      .some((one) =>
        ["encryptionContextEquals", "encryptionContextSubset"].some(
          (name) => one.raw(name) !== undefined,
        ),
      );
    if (!bound) yield { wrong: "is bound to no encryption context" };
    const grantee = view.string("granteePrincipal") ?? "";
    if (isOpen(grantee) || !/^(role|user|assumed-role)\//.test(parseArn(grantee)?.resource ?? "")) {
      yield { wrong: "is for more than one identity" };
    }
  },
});
