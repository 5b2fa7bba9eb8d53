import { FunctionError } from "../ports";

/** Tag that names the rotator of a secret, and the beginning of the tags with its settings. */
export const ROTATOR_TAG = "strongroom:rotator";
const SETTING = `${ROTATOR_TAG}:`;

/** A setting of a rotator: how it is read from its tag, and what it is where there is no tag. */
export interface Setting<T> {
  /** Says what the tag may hold, as the end of a sentence: "a whole number from 16 to 256". */
  readonly takes: string;
  readonly initial: T;
  /** Undefined: not such a value. */
  readonly read: (text: string) => T | undefined;
}

export type SettingsOf<S extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};

/**
 * Reads the settings of a rotator from the tags of the secret (`strongroom:rotator:length` = `40`). A tag can hold letters,
 * digits, spaces and `_ . : / = + - @` only (Secrets Manager API reference, Tag), so lists are written with spaces.
 *
 * @throws FunctionError `ROTATION_SETTINGS` with everything that is wrong, unknown settings among it.
 */
export function readSettings<S extends Readonly<Record<string, Setting<unknown>>>>(
  schema: S,
  tags: Readonly<Record<string, string>>,
  arn: string,
): SettingsOf<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { initial, read, takes }] of Object.entries(schema)) {
    const text = tags[SETTING + name];
    const value = text === undefined ? initial : read(text);
    if (value === undefined) problems.push(`${SETTING}${name} takes ${takes}`);
    values[name] = value;
  }
  for (const tag of Object.keys(tags)) {
    if (tag.startsWith(SETTING) && !Object.hasOwn(schema, tag.slice(SETTING.length))) {
      problems.push(`${tag} is not a setting of this rotator`);
    }
  }
  if (problems.length > 0) {
    throw new FunctionError(
      "ROTATION_SETTINGS",
      `The tags of ${arn} have mistakes: ${problems.join("; ")}`,
      false,
    );
  }
  return values as SettingsOf<S>;
}

/** A whole number within bounds. */
export const wholeNumber = (
  initial: number,
  minimum: number,
  maximum: number,
): Setting<number> => ({
  takes: `a whole number from ${minimum} to ${maximum}`,
  initial,
  read: (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return number >= minimum && number <= maximum ? number : undefined;
  },
});

/** One of some words. */
export const oneOf = <Word extends string>(
  initial: Word,
  words: readonly Word[],
): Setting<Word> => ({
  takes: `one of ${words.join(", ")}`,
  initial,
  read: (text) => words.find((word) => word === text),
});

/** Words with spaces between them. */
export const wordList = (initial: readonly string[]): Setting<readonly string[]> => ({
  takes: "words with spaces between them",
  initial,
  read: (text) => {
    const words = text.split(/\s+/).filter((word) => word !== "");
    return words.length > 0 ? words : undefined;
  },
});
