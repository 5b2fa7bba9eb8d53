import { AppError } from "../../stacks/errors";
import type { TokenService, TokenTable } from "../access-ports";
import type { BelievedTokens } from "./believed-tokens";
import { ADMIN_HAS_NO_UNITS } from "./roles";
import { keptToken, newToken } from "./token-form";

const DAY_MS = 86_400_000;

/** Makes and revokes tokens, with what has to be said at this service at once. */
export function createTokenService(
  table: TokenTable,
  believed: Pick<BelievedTokens, "changed">,
  now: () => Date = () => new Date(),
): TokenService {
  return {
    list: () => table.list(),

    async create({ name, role, organizationalUnits, expiresInDays }, by) {
      if (role === "admin" && organizationalUnits !== undefined) {
        throw new AppError("SPEC_INVALID", "The token cannot be made.", {
          action: "Leave organizationalUnits out, or give another role.",
          problems: [{ message: ADMIN_HAS_NO_UNITS, pointer: "/organizationalUnits" }],
        });
      }
      const at = now();
      const token = newToken(role);
      const made = await table.add(
        keptToken(token, {
          subject: `token:${name}`,
          role,
          createdAt: at.toISOString(),
          createdBy: by,
          ...(organizationalUnits === undefined ? {} : { organizationalUnits }),
          ...(expiresInDays === undefined
            ? {}
            : { expiresAt: new Date(at.getTime() + expiresInDays * DAY_MS).toISOString() }),
        }),
      );
      believed.changed();
      return { ...made, token };
    },

    async revoke(id, by) {
      const revoked = await table.revoke(id, by);
      if (revoked === undefined) {
        throw new AppError("TOKEN_NOT_FOUND", `There is no token ${id}.`, {
          action: "List them with `strongroom tokens` or GET /v1/tokens.",
        });
      }
      believed.changed();
      return revoked;
    },
  };
}
