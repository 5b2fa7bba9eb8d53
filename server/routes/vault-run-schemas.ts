import { Type } from "typebox";

import { RotateOptionsSchema, RotateResultSchema } from "./rotation-schemas";
import {
  CoverageNumbersSchema,
  DrillOptionsSchema,
  DrillReportRef,
  RestoreOptionsSchema,
  RestoreResultSchema,
} from "./vault-schemas";

/** What a run of the vault's operations is asked beside its target. */
export const vaultOptions = {
  restore: Type.Optional(RestoreOptionsSchema),
  drill: Type.Optional(DrillOptionsSchema),
  rotate: Type.Optional(RotateOptionsSchema),
};

/** What it says about each account. */
export const vaultDetails = {
  coverage: Type.Optional(CoverageNumbersSchema),
  restore: Type.Optional(RestoreResultSchema),
  drill: Type.Optional(DrillReportRef),
  rotate: Type.Optional(RotateResultSchema),
};
