import {
  type Account as AwsAccount,
  DescribeOrganizationCommand,
  ListAccountsCommand,
  ListAccountsForParentCommand,
  ListOrganizationalUnitsForParentCommand,
  ListRootsCommand,
  ListTagsForResourceCommand,
  OrganizationsClient,
} from "@aws-sdk/client-organizations";

import type { Account, Organization } from "../../stacks/accounts";
import { AppError } from "../../stacks/errors";
import type { OrganizationPort, RateLimit } from "../ports";
import { callOrganizations, DEFAULT_RETRY, type RetryOptions } from "./calls";
import { TokenBucket } from "./token-bucket";

export interface OrganizationAdapterOptions {
  /** Region that the calls are signed for; AWS Organizations is global. Default us-east-1. */
  readonly region?: string;
  /** The organization that the credentials must belong to (`o-…`); anything else is refused. */
  readonly organizationId?: string;
  /** Calls per second; 5. */
  readonly callsPerSecond?: number;
  /** Spaces the calls instead, for several processes together. */
  readonly rate?: RateLimit;
  /** How long an account's tags are believed without asking again, seconds; 600. */
  readonly tagsMaxAgeSeconds?: number;
  readonly retry?: RetryOptions;
  readonly now?: () => Date;
  /** For tests; by default made from the environment (credentials, AWS_ENDPOINT_URL). */
  readonly client?: OrganizationsClient;
}

/** Scans before an organization that changes all the time is given up. */
const SCANS = 3;
/** Accounts whose tags are asked for at the same time; the bucket still spaces the calls. */
const PARALLEL_TAG_CALLS = 5;
/** Most pages of one list: beyond any organization, so a token that leads in circles ends. */
const MAX_PAGES = 2000;

interface Place {
  readonly names: readonly string[];
  readonly ids: readonly string[];
}

interface Scan {
  readonly accounts: ReadonlyMap<string, AwsAccount>;
  readonly places: ReadonlyMap<string, Place>;
  /** Accounts that were seen at two places, or in only one of the two lists. */
  readonly doubtful: readonly string[];
}

type Call = <T>(operation: string, send: () => Promise<T>) => Promise<T>;

/**
 * The door to AWS Organizations. Reads the list of accounts and, apart from it, the tree of units with their accounts;
 * only if both hold the same accounts, each once, is the organization believed to be complete.
 */
export function createOrganizationAdapter(
  options: OrganizationAdapterOptions = {},
): OrganizationPort {
  const client =
    options.client ??
    new OrganizationsClient({ region: options.region ?? "us-east-1", maxAttempts: 1 });
  const perSecond = options.callsPerSecond ?? 5;
  const rate = options.rate ?? new TokenBucket({ perSecond, burst: Math.max(1, perSecond * 2) });
  const retry = options.retry ?? DEFAULT_RETRY;
  const now = options.now ?? (() => new Date());
  const tags = new TagCache((options.tagsMaxAgeSeconds ?? 600) * 1000, () => now().getTime());

  return {
    async discover(signal) {
      const call: Call = (operation, send) =>
        callOrganizations(operation, send, rate, retry, signal);
      const { id, managementAccountId } = await describeOrganization(client, call);
      if (options.organizationId !== undefined && options.organizationId !== id) {
        throw new AppError(
          "ORG_MISMATCH",
          `The credentials belong to ${id}, the fleet file is about ${options.organizationId}.`,
          { action: "Use credentials of that organization, or correct organization.id." },
        );
      }
      const scan = await completeScan(client, call);
      const accountTags = await readTags(client, call, [...scan.accounts.keys()], tags);
      return organization(id, managementAccountId, scan, accountTags, now());
    },
  };
}

async function describeOrganization(
  client: OrganizationsClient,
  call: Call,
): Promise<{ id: string; managementAccountId: string }> {
  const { Organization: found } = await call("DescribeOrganization", () =>
    client.send(new DescribeOrganizationCommand({})),
  );
  if (found?.Id === undefined || found.MasterAccountId === undefined) {
    throw incomplete("AWS did not say which organization this is.");
  }
  return { id: found.Id, managementAccountId: found.MasterAccountId };
}

async function completeScan(client: OrganizationsClient, call: Call): Promise<Scan> {
  let last: Scan | undefined;
  for (let scan = 0; scan < SCANS; scan++) {
    last = await scanOnce(client, call);
    if (last.doubtful.length === 0) return last;
  }
  const doubtful = last?.doubtful ?? [];
  throw incomplete(
    `After ${SCANS} scans the list of accounts and the organizational units still disagree about ` +
      `${doubtful.slice(0, 5).join(", ")}${doubtful.length > 5 ? ` and ${doubtful.length - 5} more` : ""}.`,
  );
}

/** The list first, the tree after it: an account that joins in between is in the tree only, and seen as doubtful. */
async function scanOnce(client: OrganizationsClient, call: Call): Promise<Scan> {
  const accounts = new Map<string, AwsAccount>();
  const listed = await pages(async (NextToken) => {
    const page = await call("ListAccounts", () =>
      client.send(new ListAccountsCommand({ NextToken })),
    );
    return { items: page.Accounts, next: page.NextToken };
  });
  for (const account of listed) {
    if (account.Id === undefined) throw incomplete("AWS listed an account without an id.");
    accounts.set(account.Id, account);
  }
  if (accounts.size === 0) throw incomplete("AWS listed no account at all.");

  const places = new Map<string, Place>();
  const doubtful = new Set<string>();
  await walk(client, call, (id, place) => {
    const before = places.get(id);
    // The same place again is a page that came twice; another place is an account that moves.
    if (before !== undefined && before.ids.join() !== place.ids.join()) doubtful.add(id);
    places.set(id, place);
  });
  for (const id of accounts.keys()) if (!places.has(id)) doubtful.add(id);
  for (const id of places.keys()) if (!accounts.has(id)) doubtful.add(id);
  return { accounts, places, doubtful: [...doubtful].sort() };
}

/** Two lists per unit, none per account: `DescribeOrganizationalUnit` is never needed, names come with the lists. */
async function walk(
  client: OrganizationsClient,
  call: Call,
  visit: (accountId: string, place: Place) => void,
): Promise<void> {
  const roots = await pages(async (NextToken) => {
    const page = await call("ListRoots", () => client.send(new ListRootsCommand({ NextToken })));
    return { items: page.Roots, next: page.NextToken };
  });
  if (roots.length === 0) throw incomplete("AWS listed no root.");
  const queue = roots.map(({ Id }) => ({
    parent: Id ?? "",
    names: [] as string[],
    ids: [] as string[],
  }));
  const seen = new Set<string>();
  for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
    const { parent, names, ids } = unit;
    // A unit cannot be moved, but a page can come twice.
    if (seen.has(parent)) continue;
    seen.add(parent);
    const accounts = await pages(async (NextToken) => {
      const page = await call("ListAccountsForParent", () =>
        client.send(new ListAccountsForParentCommand({ ParentId: parent, NextToken })),
      );
      return { items: page.Accounts, next: page.NextToken };
    });
    for (const { Id } of accounts) if (Id !== undefined) visit(Id, { names, ids });
    const units = await pages(async (NextToken) => {
      const page = await call("ListOrganizationalUnitsForParent", () =>
        client.send(new ListOrganizationalUnitsForParentCommand({ ParentId: parent, NextToken })),
      );
      return { items: page.OrganizationalUnits, next: page.NextToken };
    });
    for (const { Id = "", Name = "" } of units) {
      queue.push({ parent: Id, names: [...names, Name], ids: [...ids, Id] });
    }
  }
}

/** Reads a list to its end. AWS may answer an empty page with a token: only a missing token is the end. */
async function pages<T>(
  read: (
    token: string | undefined,
  ) => Promise<{ items: T[] | undefined; next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  const tokens = new Set<string>();
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { items, next } = await read(token);
    all.push(...(items ?? []));
    if (next === undefined || next === "") return all;
    if (tokens.has(next)) throw incomplete("AWS gave the same page token twice.");
    tokens.add(next);
    token = next;
  }
  throw incomplete("A list of AWS did not end.");
}

type Tags = Readonly<Record<string, string>>;

/** Tags of accounts with the time they were read at; as large as the last organization, so it cannot grow for ever. */
class TagCache {
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  #known = new Map<string, { readonly tags: Tags; readonly readAt: number }>();

  constructor(maxAgeMs: number, now: () => number) {
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  get(accountId: string): Tags | undefined {
    const known = this.#known.get(accountId);
    return known !== undefined && this.#now() - known.readAt < this.#maxAgeMs
      ? known.tags
      : undefined;
  }

  set(accountId: string, tags: Tags): void {
    this.#known.set(accountId, { tags, readAt: this.#now() });
  }

  keepOnly(accountIds: ReadonlySet<string>): void {
    this.#known = new Map([...this.#known].filter(([id]) => accountIds.has(id)));
  }
}

/** The only call per account. Selection by tag depends on it, so a tag list that cannot be read stops the discovery. */
async function readTags(
  client: OrganizationsClient,
  call: Call,
  accountIds: readonly string[],
  cache: TagCache,
): Promise<ReadonlyMap<string, Tags>> {
  cache.keepOnly(new Set(accountIds));
  const found = new Map<string, Tags>();
  const waiting = accountIds.filter((id) => {
    const tags = cache.get(id);
    if (tags !== undefined) found.set(id, tags);
    return tags === undefined;
  });
  const worker = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const ResourceId = id;
      const list = await pages(async (NextToken) => {
        const page = await call("ListTagsForResource", () =>
          client.send(new ListTagsForResourceCommand({ ResourceId, NextToken })),
        );
        return { items: page.Tags, next: page.NextToken };
      });
      const tags = Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
      cache.set(id, tags);
      found.set(id, tags);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_TAG_CALLS }, worker));
  return found;
}

const STATUSES: readonly Account["status"][] = [
  "ACTIVE",
  "SUSPENDED",
  "PENDING_CLOSURE",
  "PENDING_ACTIVATION",
  "CLOSED",
];

/** AWS is replacing `Status` by `State`; whichever it sends, anything unknown counts as not active. */
function statusOf(account: AwsAccount): Account["status"] {
  const text = account.State ?? account.Status;
  return STATUSES.find((status) => status === text) ?? "SUSPENDED";
}

function organization(
  id: string,
  managementAccountId: string,
  scan: Scan,
  tags: ReadonlyMap<string, Tags>,
  at: Date,
): Organization {
  const accounts = [...scan.accounts].map(([accountId, account]): Account => {
    const place = scan.places.get(accountId);
    return {
      id: accountId,
      name: account.Name ?? "",
      status: statusOf(account),
      organizationalUnitPath: place?.names ?? [],
      organizationalUnitIds: place?.ids ?? [],
      tags: tags.get(accountId) ?? {},
      isManagementAccount: accountId === managementAccountId,
    };
  });
  accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { id, managementAccountId, accounts, discoveredAt: at.toISOString() };
}

function incomplete(message: string): AppError {
  return new AppError("ORG_INCOMPLETE", message, {
    action: "Try again; nothing is planned on a list that may miss accounts.",
  });
}
