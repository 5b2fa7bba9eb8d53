/** How long documents may be. Sources: AWS's pages of quotas of IAM, Organizations, KMS, S3, Secrets Manager and the rest. */
export interface Quota {
  /** What the quota is of, in words. */
  readonly of: string;
  readonly most: number;
  /** IAM counts characters without white space; the others count bytes of the text as it is sent. */
  readonly counts: "characters" | "bytes";
  /** Whether all documents of one identity share it. */
  readonly shared?: true;
}

const iam = (of: string, most: number): Quota => ({ of, most, counts: "characters" });
const service = (of: string, most: number): Quota => ({ of, most, counts: "bytes" });

export const MANAGED = iam("a managed policy", 6_144);
export const INLINE = {
  role: { ...iam("the inline policies of a role together", 10_240), shared: true },
  user: { ...iam("the inline policies of a user together", 2_048), shared: true },
  group: { ...iam("the inline policies of a group together", 5_120), shared: true },
} as const satisfies Record<string, Quota>;
/** AWS raises it to 4 096 on request. */
export const TRUST = iam("a trust policy", 2_048);
export const SERVICE_CONTROL = service("a service control policy", 5_120);

/** Of documents that hang on resources, by what they hang on. */
export const ON_RESOURCES = {
  key: service("a key policy", 32_768),
  secret: service("the policy of a secret", 20_480),
  bucket: service("a bucket policy", 20_480),
  topic: service("the policy of a topic", 30_720),
  queue: service("the policy of a queue", 8_192),
  bus: service("the policy of an event bus", 10_240),
  vault: service("the policy of a backup vault", 20_480),
} as const satisfies Record<string, Quota>;

/** The size of a document as a quota counts it. */
export function sizeOf(document: string, { counts }: Quota): number {
  if (counts === "characters") return document.replace(/\s/g, "").length;
  return Buffer.byteLength(document, "utf8");
}
