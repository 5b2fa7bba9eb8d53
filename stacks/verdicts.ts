/** Marks that a pack puts before what a rule says: the engine passes on the text, and nothing of why it was said. */
const MARKS = { undetermined: "[undetermined] ", exempt: "[exempt] " } as const;

/** What a rule may say besides pass and fail: it could not decide, or an exemption accepts what it found. */
export type MarkedVerdict = keyof typeof MARKS;

/** A message of a pack with the mark of its verdict; one that failed has none. */
export function withMark(verdict: "fail" | MarkedVerdict, message: string): string {
  return verdict === "fail" ? message : `${MARKS[verdict]}${message}`;
}

/** Takes the mark off a message of a pack. */
export function readMark(text: string): {
  readonly verdict: "fail" | MarkedVerdict;
  readonly message: string;
} {
  for (const verdict of ["undetermined", "exempt"] as const) {
    const mark = MARKS[verdict];
    if (text.startsWith(mark)) return { verdict, message: text.slice(mark.length) };
  }
  return { verdict: "fail", message: text };
}
