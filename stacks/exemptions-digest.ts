import { digest } from "./digest";
import { isExpired, type Exemption } from "./exemptions";

/**
 * SHA-256, hex, of exemptions and of which of them have expired by `today` (`YYYY-MM-DD`): a stamp that an exemption let
 * through is not unchanged the day after. Undefined where there are none.
 */
export function exemptionsDigest(
  exemptions: readonly Exemption[],
  today = new Date().toISOString().slice(0, 10),
): string | undefined {
  if (exemptions.length === 0) return undefined;
  return digest({ exemptions, expired: exemptions.map((one) => isExpired(one, today)) });
}
