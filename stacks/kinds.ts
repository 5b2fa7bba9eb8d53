/**
 * The kinds of stack that Strongroom makes, in the order in which they depend on each other: `access` lets every later
 * run work without an administrator's role, `vault` must exist before a member can trust its roles.
 */
export const STACK_KINDS = ["access", "vault", "member"] as const;

export type StackKind = (typeof STACK_KINDS)[number];

/** Tells whether a text names a stack kind. */
export function isStackKind(text: string): text is StackKind {
  return (STACK_KINDS as readonly string[]).includes(text);
}
