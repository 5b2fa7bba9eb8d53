/** Name of a pack's entry that does the judging; the configuration of all rules stands under it, by rule. */
export const JUDGE = "judge";

/** Key of the exemptions in the configuration of the judge. */
export const EXEMPTIONS = "exemptions";
