import { BY_FUNCTIONS } from "./by-functions";
import { BY_OTHERS } from "./by-others";
import { BY_ROTATION } from "./by-rotation";
import { BY_STAMPER } from "./by-stamper";
import type { Forbidden } from "./model";

/** Every call that must be refused, with who tries it, why it must be, and a call like it that must not be. */
export const FORBIDDEN: readonly Forbidden[] = [
  ...BY_FUNCTIONS,
  ...BY_OTHERS,
  ...BY_ROTATION,
  ...BY_STAMPER,
];
