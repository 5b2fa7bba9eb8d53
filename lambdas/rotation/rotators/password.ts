import { FunctionError } from "../../ports";
import { randomText, type Alphabet } from "../generate";
import type { Rotator } from "../rotator";
import { oneOf, wholeNumber, wordList, type SettingsOf } from "../settings";
import { fieldsOf, jsonValue, textFields } from "../values";

const LENGTH = wholeNumber(32, 16, 256);
const ALPHABET = oneOf<Alphabet>("readable", ["readable", "signs", "hex"]);

/** Settings of `password`. */
export const PASSWORD_SETTINGS = { length: LENGTH, alphabet: ALPHABET } as const;

/** Settings of `api-key`. */
export const API_KEY_SETTINGS = {
  ...PASSWORD_SETTINGS,
  /** Fields that get a new random text; all others stay. */
  fields: wordList(["apiKey"]),
} as const;

/** A generated text that nobody else knows of: the secret itself is where it is looked up. */
export function passwordRotator(settings: SettingsOf<typeof PASSWORD_SETTINGS>): Rotator {
  return {
    name: "password",
    create: () =>
      Promise.resolve({ kind: "string", text: randomText(settings.length, settings.alphabet) }),
    set: () => Promise.resolve(),
    test: (pending, { arn }) =>
      pending.kind === "string" && pending.text.length === settings.length
        ? Promise.resolve()
        : unproven(arn),
  };
}

/** A JSON object of which some fields are generated. */
export function apiKeyRotator(settings: SettingsOf<typeof API_KEY_SETTINGS>): Rotator {
  const { fields: names, length, alphabet } = settings;
  return {
    name: "api-key",
    create: async ({ current }, { arn }) => {
      const fields = await Promise.resolve(fieldsOf(current, arn));
      const renewed = names.map((name) => [name, randomText(length, alphabet)] as const);
      return jsonValue({ ...fields, ...Object.fromEntries(renewed) });
    },
    set: () => Promise.resolve(),
    test: async (pending, { arn }) => {
      const fields = await Promise.resolve(fieldsOf(pending, arn));
      const texts = textFields(fields, names, arn);
      if (names.some((name) => texts[name]?.length !== length)) await unproven(arn);
    },
  };
}

const unproven = (arn: string): Promise<never> =>
  Promise.reject(
    new FunctionError(
      "ROTATION_UNPROVEN",
      `The new value of ${arn} is not as its settings ask; they may have changed since it was made. ` +
        "Start a new rotation",
      false,
    ),
  );
