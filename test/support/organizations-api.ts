import {
  DescribeOrganizationCommand,
  ListAccountsCommand,
  ListAccountsForParentCommand,
  ListOrganizationalUnitsForParentCommand,
  ListRootsCommand,
  ListTagsForResourceCommand,
  OrganizationsClient,
} from "@aws-sdk/client-organizations";
import { mockClient } from "aws-sdk-client-mock";

interface Node {
  readonly name: string;
  readonly id: string;
  readonly units: Node[];
  readonly accounts: string[];
}

export const ROOT = "r-aaaa";

/** AWS Organizations behind the SDK's client: a tree, pages of two, faults on demand. Counts calls by operation. */
export class OrganizationsApi {
  readonly client = new OrganizationsClient({ region: "us-east-1" });
  readonly calls: Record<string, number> = {};
  readonly accounts = new Map<
    string,
    { name: string; status: string; tags: Record<string, string> }
  >();
  readonly root: Node = { name: "Root", id: ROOT, units: [], accounts: [] };
  organizationId = "o-exampleorg1";
  pageSize = 2;
  /** Called before every answer; may throw what AWS would, or change the tree. */
  before: (operation: string, call: number) => void = () => undefined;
  /** May change a page on its way out. */
  after: (operation: string, call: number, page: { items: unknown[]; next?: string }) => void =
    () => undefined;

  constructor() {
    const mock = mockClient(this.client);
    mock.on(DescribeOrganizationCommand).callsFake(() => {
      this.#begin("DescribeOrganization");
      return { Organization: { Id: this.organizationId, MasterAccountId: "100000000001" } };
    });
    mock.on(ListRootsCommand).callsFake(({ NextToken }: { NextToken?: string }) => {
      const page = this.#page("ListRoots", [{ Id: ROOT, Name: "Root" }], NextToken);
      return { Roots: page.items, NextToken: page.next };
    });
    mock.on(ListAccountsCommand).callsFake(({ NextToken }: { NextToken?: string }) => {
      const page = this.#page(
        "ListAccounts",
        () => [...this.accounts.keys()].map(this.#account),
        NextToken,
      );
      return { Accounts: page.items, NextToken: page.next };
    });
    mock
      .on(ListAccountsForParentCommand)
      .callsFake(({ ParentId, NextToken }: { ParentId: string; NextToken?: string }) => {
        const list = () => this.node(ParentId).accounts.map(this.#account);
        const page = this.#page("ListAccountsForParent", list, NextToken);
        return { Accounts: page.items, NextToken: page.next };
      });
    mock
      .on(ListOrganizationalUnitsForParentCommand)
      .callsFake(({ ParentId, NextToken }: { ParentId: string; NextToken?: string }) => {
        const list = () =>
          this.node(ParentId).units.map(({ id, name }) => ({ Id: id, Name: name }));
        const page = this.#page("ListOrganizationalUnitsForParent", list, NextToken);
        return { OrganizationalUnits: page.items, NextToken: page.next };
      });
    mock
      .on(ListTagsForResourceCommand)
      .callsFake(({ ResourceId, NextToken }: { ResourceId: string; NextToken?: string }) => {
        const list = () =>
          Object.entries(this.accounts.get(ResourceId)?.tags ?? {}).map(([Key, Value]) => ({
            Key,
            Value,
          }));
        const page = this.#page("ListTagsForResource", list, NextToken);
        return { Tags: page.items, NextToken: page.next };
      });
  }

  #begin(operation: string): number {
    const call = (this.calls[operation] ?? 0) + 1;
    this.calls[operation] = call;
    this.before(operation, call);
    return call;
  }

  #page<T>(operation: string, list: T[] | (() => T[]), token: string | undefined) {
    const call = this.#begin(operation);
    const all = typeof list === "function" ? list() : list;
    const from = Number(token ?? 0);
    const page: { items: T[]; next?: string } = { items: all.slice(from, from + this.pageSize) };
    if (from + this.pageSize < all.length) page.next = String(from + this.pageSize);
    this.after(operation, call, page);
    return page;
  }

  readonly #account = (id: string) => {
    const account = this.accounts.get(id);
    return { Id: id, Name: account?.name, Status: account?.status };
  };

  node(id: string, from: Node = this.root): Node {
    const search = (node: Node): Node | undefined =>
      node.id === id ? node : node.units.map(search).find((found) => found !== undefined);
    const found = search(from);
    if (found === undefined) throw new Error(`no unit ${id}`);
    return found;
  }

  /** Adds a unit below a parent; returns its id. */
  unit(name: string, parent = ROOT): string {
    const id = `ou-aaaa-${name.replaceAll(/[^a-z0-9]/g, "").padEnd(8, "0")}`;
    this.node(parent).units.push({ name, id, units: [], accounts: [] });
    return id;
  }

  account(
    id: string,
    parent = ROOT,
    over: { name?: string; status?: string; tags?: Record<string, string> } = {},
  ): void {
    this.accounts.set(id, { name: `account ${id}`, status: "ACTIVE", tags: {}, ...over });
    this.node(parent).accounts.push(id);
  }

  move(id: string, from: string, to: string): void {
    const { accounts } = this.node(from);
    accounts.splice(accounts.indexOf(id), 1);
    this.node(to).accounts.push(id);
  }
}

/** An error as the SDK throws it. */
export function awsError(name: string, status = 400): Error {
  return Object.assign(new Error(`${name} from AWS`), {
    name,
    $metadata: { httpStatusCode: status },
  });
}
