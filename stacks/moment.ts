/** A time with its zone, as RFC 3339 writes it, seconds optional; the source of a regular expression for JSON Schema. */
export const MOMENT_PATTERN =
  "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d)$";

/** Whether a text is a moment. A time without its zone is none: it would be another one on another machine. */
export function isMoment(text: string): boolean {
  return new RegExp(MOMENT_PATTERN).test(text) && !Number.isNaN(Date.parse(text));
}
