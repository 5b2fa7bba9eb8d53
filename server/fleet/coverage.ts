import type { AccountCoverage, SecretCoverage } from "../../lambdas/model";
import { globMatches } from "../../stacks/glob";
import type { CoveredAccount, CoverageState, FleetCoverage, SecretQuery } from "../vault-ports";

/** A member of the fleet, as far as its coverage is concerned. */
export interface FleetMember {
  readonly accountId: string;
  /** Other people's text. */
  readonly name: string;
  readonly environment?: string;
}

/** Reasons of single secrets that are told for an account; `GET /v1/secrets` has the others. */
const MOST_REASONS = 20;

/**
 * Puts what the sweeps found beside who the members are: a member that no sweep has seen is there too, and an account that
 * is no member any more is there with what is kept of it. The totals are over members that could be looked at.
 */
export function fleetCoverage(
  members: readonly FleetMember[],
  swept: readonly AccountCoverage[],
  namesOf: ReadonlyMap<string, string> = new Map(),
): FleetCoverage {
  const found = new Map(swept.map((coverage) => [coverage.accountId, coverage]));
  const ids = new Set(members.map(({ accountId }) => accountId));
  const accounts = [
    ...members.map((member) => accountOf(member, found.get(member.accountId), true)),
    ...swept
      .filter(({ accountId }) => !ids.has(accountId))
      .map((coverage) => {
        const { accountId, environment } = coverage;
        const name = namesOf.get(accountId) ?? "";
        return accountOf({ accountId, name, environment }, coverage, false);
      }),
  ].sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
  const reachable = accounts.filter(({ state }) => state === "covered" || state === "incomplete");
  const sum = (of: (account: CoveredAccount) => number): number =>
    reachable.reduce((total, account) => total + of(account), 0);
  const secrets = sum((account) => account.secrets);
  const covered = sum((account) => account.covered);
  return {
    secrets,
    covered,
    missing: sum(({ missing }) => missing),
    failed: sum(({ failed }) => failed),
    percent: secrets === 0 ? 100 : Math.floor((covered / secrets) * 1000) / 10,
    oldestMissingSeconds: Math.max(
      0,
      ...reachable.map(({ oldestMissingSeconds }) => oldestMissingSeconds),
    ),
    members: members.length,
    reachable: reachable.length,
    accounts,
  };
}

function accountOf(
  member: FleetMember,
  coverage: AccountCoverage | undefined,
  isMember: boolean,
): CoveredAccount {
  const items = coverage?.items ?? [];
  return {
    accountId: member.accountId,
    name: member.name,
    ...(member.environment === undefined ? {} : { environment: member.environment }),
    state: stateOf(coverage, isMember),
    secrets: coverage?.secrets ?? 0,
    covered: coverage?.covered ?? 0,
    missing: coverage?.missing ?? 0,
    failed: coverage?.failed ?? 0,
    keptAfterDeletion: items.filter(({ state }) => state === "kept-after-deletion").length,
    oldestMissingSeconds: coverage?.oldestMissingSeconds ?? 0,
    ...(coverage === undefined ? {} : { sweptAt: coverage.sweptAt }),
    reasons: reasonsOf(coverage),
  };
}

function stateOf(coverage: AccountCoverage | undefined, isMember: boolean): CoverageState {
  if (!isMember) return "former";
  if (coverage === undefined) return "not-swept";
  if (coverage.error !== undefined) return "unreachable";
  return coverage.covered === coverage.secrets && coverage.failed === 0 ? "covered" : "incomplete";
}

function reasonsOf(coverage: AccountCoverage | undefined): readonly string[] {
  if (coverage === undefined) return ["No sweep has looked at it yet: `strongroom backup`."];
  const { error, items } = coverage;
  const open = items.filter(({ state }) => state === "missing" || state === "failed");
  const told = open
    .slice(0, MOST_REASONS)
    .map(({ name, region, reason }) => `${name} in ${region}: ${reason ?? "not kept yet"}`);
  return [
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
    ...told,
    ...(open.length > told.length ? [`and ${open.length - told.length} more`] : []),
  ];
}

const keyOf = ({ accountId, region, name, suffix }: SecretCoverage): string =>
  [accountId, region, name, suffix].join("\n");

/** A page of secrets, by account, Region and name. The cursor is the place behind which the next page starts. */
export function secretsPage(
  swept: readonly AccountCoverage[],
  { account, name, state, limit, cursor }: SecretQuery,
): { items: readonly SecretCoverage[]; nextCursor?: string } {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
  const items = swept
    .flatMap((coverage) => coverage.items)
    .filter(
      (item) =>
        (account === undefined || item.accountId === account) &&
        (state === undefined || item.state === state) &&
        (name === undefined || globMatches(name, item.name)),
    )
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    ...(items.length > limit && last !== undefined
      ? { nextCursor: Buffer.from(last.key).toString("base64url") }
      : {}),
  };
}
