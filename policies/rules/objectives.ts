import type { Frameworks } from "./rule";

const SOX_ACCESS = "Access to programs and data";
const SOX_OPERATIONS = "Computer operations";
const SOX_CHANGES = "Program changes";

/**
 * What rules are for, as the objectives of control that auditors ask about, each with the requirements it supports: of PCI
 * DSS 4.0.1 (numbers of requirements), of the HIPAA Security Rule (45 CFR part 164, subpart C) and of SOX section 404 by
 * the four domains of general IT controls (ITGC). "Supports" means that the rule is evidence for a part of the
 * requirement; none is fulfilled by a rule alone. The benchmarks of AWS itself have controls as narrow as a rule: those
 * are named by the rules.
 *
 * {@link CONFIRMED} has the numbers of PCI DSS that a source was found for. All others, and the paragraphs of HIPAA, follow
 * the texts' own numbering and were not held against a source; the domains of SOX are a custom of auditors, no text.
 */
export const OBJECTIVES = {
  /** Keys change, and old material does not serve for ever. */
  "key-rotation": {
    "PCI DSS 4": ["3.7.4"],
    HIPAA: ["164.312(a)(2)(iv)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  /** Few use keys, others administer them, and nobody outside does either. */
  "key-access": {
    "PCI DSS 4": ["3.6.1", "3.7.6", "7.2.1"],
    HIPAA: ["164.312(a)(1)", "164.312(a)(2)(iv)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  /** Keys are strong, known, and there when data must be read. */
  "key-lifecycle": {
    "PCI DSS 4": ["3.6.1", "3.7.1", "3.7.5"],
    HIPAA: ["164.308(a)(7)(ii)(A)", "164.312(a)(2)(iv)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  "encryption-at-rest": {
    "PCI DSS 4": ["3.5.1", "3.6.1"],
    HIPAA: ["164.312(a)(2)(iv)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  "encryption-in-transit": {
    "PCI DSS 4": ["4.2.1"],
    HIPAA: ["164.312(e)(1)", "164.312(e)(2)(ii)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  /** Credentials change, are not written into programs, and belong to roles instead of users. */
  credentials: {
    "PCI DSS 4": ["8.3.2", "8.3.9", "8.6.2", "8.6.3"],
    HIPAA: ["164.308(a)(5)(ii)(D)", "164.312(d)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  "least-privilege": {
    "PCI DSS 4": ["7.2.1", "7.2.2", "7.2.5"],
    HIPAA: ["164.308(a)(4)(ii)(C)", "164.312(a)(1)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  /** Nobody outside comes in, nothing goes out. */
  "no-outsiders": {
    "PCI DSS 4": ["1.3.1", "1.3.2", "1.4.4", "7.3.1", "7.3.3"],
    HIPAA: ["164.308(a)(4)(ii)(B)", "164.312(a)(1)"],
    "SOX (ITGC)": [SOX_ACCESS],
  },
  /** What was kept cannot be changed or removed. */
  integrity: {
    "PCI DSS 4": ["10.3.2", "10.5.1", "11.5.2"],
    HIPAA: ["164.308(a)(7)(ii)(A)", "164.312(c)(1)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  backup: {
    "PCI DSS 4": ["10.3.3", "12.10.1"],
    HIPAA: ["164.308(a)(7)(ii)(A)", "164.308(a)(7)(ii)(B)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  "backup-tested": {
    "PCI DSS 4": ["12.10.2"],
    HIPAA: ["164.308(a)(7)(ii)(D)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  /** Data goes when its time has come, and not before. */
  retention: {
    "PCI DSS 4": ["3.2.1"],
    HIPAA: ["164.310(d)(2)(i)", "164.316(b)(2)(i)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  "audit-trail": {
    "PCI DSS 4": ["10.2.1", "10.3.2", "10.3.4", "10.5.1"],
    HIPAA: ["164.308(a)(1)(ii)(D)", "164.312(b)"],
    "SOX (ITGC)": [SOX_ACCESS, SOX_OPERATIONS],
  },
  /** Somebody hears of what goes wrong. */
  alerting: {
    "PCI DSS 4": ["10.4.1.1", "10.7.2", "12.10.5"],
    HIPAA: ["164.308(a)(1)(ii)(D)", "164.308(a)(6)(ii)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
  /** What runs is kept secure and comes from where it should. */
  "secure-software": {
    "PCI DSS 4": ["6.3.3", "6.5.1"],
    HIPAA: ["164.308(a)(5)(ii)(B)", "164.312(c)(1)"],
    "SOX (ITGC)": [SOX_CHANGES],
  },
  /** Changes go the reviewed way, to the place that was reviewed. */
  "change-control": {
    "PCI DSS 4": ["1.2.2", "6.5.1"],
    HIPAA: ["164.308(a)(1)(ii)(B)"],
    "SOX (ITGC)": [SOX_CHANGES],
  },
  /** Each thing has an owner and is known. */
  inventory: {
    "PCI DSS 4": ["2.2.1", "12.5.1"],
    HIPAA: ["164.310(d)(2)(iii)"],
    "SOX (ITGC)": [SOX_OPERATIONS],
  },
} as const satisfies Record<string, Frameworks>;

/**
 * Requirements of PCI DSS 4.0.1 that AWS's user guide of Security Hub names for a control about the same thing, each with
 * one such control; looked up on 2026-11-25.
 */
export const CONFIRMED: Readonly<Record<string, string>> = {
  "1.4.4": "S3.1",
  "3.2.1": "DocumentDB.2",
  "3.5.1": "S3.17",
  "3.7.4": "KMS.4",
  "4.2.1": "S3.5",
  "6.3.3": "ElastiCache.2",
  "7.2.1": "Lambda.1",
  "7.3.1": "EFS.4",
  "8.3.9": "SecretsManager.1",
  "8.6.3": "SecretsManager.1",
  "10.2.1": "S3.9",
  "10.3.2": "CloudTrail.2",
  "10.3.3": "MQ.2",
  "10.5.1": "S3.15",
};

export type Objective = keyof typeof OBJECTIVES;

/** Ids of Security Hub's controls, of which AWS's Foundational Security Best Practices are made. */
const SECURITY_HUB =
  /^(Backup|CloudTrail|CloudWatch|EventBridge|IAM|KMS|Lambda|S3|SNS|SQS|SecretsManager)\.\d+$/;

/** All controls that a rule supports: those of its objective, those it names, and AWS's of the same id. */
export function frameworksOf(
  objective: Objective,
  named: Frameworks,
  corresponds: readonly string[],
): Frameworks {
  const own = corresponds.filter((id) => SECURITY_HUB.test(id));
  return {
    ...named,
    ...(own.length === 0 ? {} : { "AWS FSBP": own }),
    ...OBJECTIVES[objective],
  };
}
