import type { ProviderResource } from "@pulumi/pulumi";

import type { VaultSpec } from "../../stacks/spec";
import type { Place } from "../iam/arns";

/** What every part of the vault needs. */
export interface Vault {
  readonly spec: VaultSpec;
  readonly place: Place;
  /** Every component of the stack hangs on the one provider of the account. */
  readonly opts: { readonly provider: ProviderResource };
}
