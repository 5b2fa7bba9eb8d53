import { AUDIT_CASES } from "./audit";
import { BUCKET_CARE_CASES } from "./bucket-care";
import { BUCKET_CASES } from "./buckets";
import { BUCKET_GUARD_CASES } from "./bucket-guards";
import { BUCKET_POLICY_CASES } from "./bucket-policies";
import { FUNCTION_CASES } from "./functions";
import { IAM_ATTACHMENT_CASES } from "./iam-attachments";
import { IAM_CASES } from "./iam";
import { IAM_DOCUMENT_CASES } from "./iam-documents";
import { IAM_ESCALATION_CASES } from "./iam-escalation";
import { IAM_ROLE_CASES } from "./iam-roles";
import { IAM_UNCONSTRAINED_CASES } from "./iam-unconstrained";
import { KMS_CASES } from "./kms";
import { KMS_SORT_CASES } from "./kms-sorts";
import { MESSAGING_CASES } from "./messaging";
import { PROGRAM_CASES } from "./programs";
import { SECRET_CARE_CASES } from "./secret-care";
import { SECRET_CASES } from "./secrets";
import { SECRET_VALUE_CASES } from "./secret-values";
import { SURROUNDING_CASES } from "./surroundings";
import type { RuleCases } from "../fixtures";

/** The tables of all rules. */
export const CASES: readonly RuleCases[] = [
  ...KMS_CASES,
  ...KMS_SORT_CASES,
  ...SECRET_CASES,
  ...SECRET_CARE_CASES,
  ...SECRET_VALUE_CASES,
  ...IAM_CASES,
  ...IAM_ROLE_CASES,
  ...IAM_DOCUMENT_CASES,
  ...IAM_ESCALATION_CASES,
  ...IAM_ATTACHMENT_CASES,
  ...IAM_UNCONSTRAINED_CASES,
  ...BUCKET_CASES,
  ...BUCKET_POLICY_CASES,
  ...BUCKET_GUARD_CASES,
  ...BUCKET_CARE_CASES,
  ...AUDIT_CASES,
  ...MESSAGING_CASES,
  ...FUNCTION_CASES,
  ...PROGRAM_CASES,
  ...SURROUNDING_CASES,
];
