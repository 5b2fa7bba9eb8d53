import { expect } from "chai";

import { createOrganizationAdapter } from "../../../../server/org/adapter";
import { AppError } from "../../../../stacks/errors";
import { fakeAccount, FakeOrganization } from "../../../support/fake-organization";
import { organizationContract } from "../../../support/organization-contract";
import { awsError, OrganizationsApi, ROOT } from "../../../support/organizations-api";

const FAST = { attempts: 12, connectionAttempts: 4, firstDelayMs: 0, longestDelayMs: 1 };

function example(): OrganizationsApi {
  const api = new OrganizationsApi();
  api.account("100000000001");
  const workloads = api.unit("workloads");
  const prod = api.unit("prod", workloads);
  const dev = api.unit("dev", workloads);
  for (const n of [11, 12, 13, 14, 15])
    api.account(`2000000000${n}`, prod, { tags: { n: `${n}` } });
  api.account("200000000021", dev, { status: "SUSPENDED" });
  api.unit("empty");
  return api;
}

const adapter = (api: OrganizationsApi, over: object = {}) =>
  createOrganizationAdapter({ client: api.client, callsPerSecond: 1e6, retry: FAST, ...over });

async function failure(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

organizationContract("the adapter", () => {
  const api = example();
  return Promise.resolve({ port: adapter(api), accountIds: [...api.accounts.keys()] });
});
organizationContract("the fake", () => {
  const accounts = [
    fakeAccount("200000000002"),
    fakeAccount("100000000001", { isManagementAccount: true }),
  ];
  return Promise.resolve({
    port: new FakeOrganization(accounts),
    accountIds: accounts.map(({ id }) => id),
  });
});

describe("the organization adapter", () => {
  it("reads paths, states and tags over many pages", async () => {
    const { accounts } = await adapter(example()).discover();
    expect(accounts.find(({ id }) => id === "200000000013")).to.deep.equal({
      id: "200000000013",
      name: "account 200000000013",
      status: "ACTIVE",
      organizationalUnitPath: ["workloads", "prod"],
      organizationalUnitIds: ["ou-aaaa-workloads", "ou-aaaa-prod0000"],
      tags: { n: "13" },
      isManagementAccount: false,
    });
    expect(accounts.find(({ id }) => id === "200000000021")?.status).to.equal("SUSPENDED");
  });

  it("needs two lists per unit, and one call per account for its tags only", async () => {
    const api = example();
    api.pageSize = 100;
    await adapter(api).discover();
    expect(api.calls).to.deep.equal({
      DescribeOrganization: 1,
      ListAccounts: 1,
      ListRoots: 1,
      ListAccountsForParent: 5,
      ListOrganizationalUnitsForParent: 5,
      ListTagsForResource: 7,
    });
  });

  it("asks for tags again only when they are old", async () => {
    const api = example();
    let at = 0;
    const port = adapter(api, { tagsMaxAgeSeconds: 60, now: () => new Date(at) });
    await port.discover();
    at = 59_000;
    await port.discover();
    expect(api.calls["ListTagsForResource"]).to.equal(7);
    at = 61_000;
    api.accounts.get("200000000011")!.tags = { n: "new" };
    const { accounts } = await port.discover();
    expect(api.calls["ListTagsForResource"]).to.equal(14);
    expect(accounts.find(({ id }) => id === "200000000011")?.tags).to.deep.equal({ n: "new" });
  });

  it("keeps on while AWS throttles, on any page", async () => {
    const api = example();
    api.before = (operation, call) => {
      if (operation !== "DescribeOrganization" && call % 3 !== 0) {
        throw awsError("TooManyRequestsException", 429);
      }
    };
    expect((await adapter(api).discover()).accounts).to.have.length(7);
  });

  it("gives up on throttling that does not end, and names the call", async () => {
    const api = example();
    api.before = (operation) => {
      if (operation === "ListAccountsForParent") throw awsError("TooManyRequestsException", 429);
    };
    const error = await failure(adapter(api).discover());
    expect(error.code).to.equal("ORG_UNREACHABLE");
    expect(error.message).to.contain("organizations:ListAccountsForParent");
    expect(api.calls["ListAccountsForParent"]).to.equal(12);
  });

  it("answers nothing when a page in the middle fails for good", async () => {
    const api = example();
    api.before = (operation, call) => {
      if (operation === "ListAccounts" && call === 2) throw awsError("InvalidInputException");
    };
    expect((await failure(adapter(api).discover())).code).to.equal("ORG_UNREACHABLE");
  });

  it("takes a page that comes twice once", async () => {
    const api = example();
    api.after = (_operation, _call, page) => page.items.push(...page.items);
    expect((await adapter(api).discover()).accounts).to.have.length(7);
  });

  it("reads on behind an empty page", async () => {
    const api = example();
    const read = new Set<string>();
    api.after = (operation, call, page) => {
      if (operation !== "ListAccounts" || call !== 1) return;
      read.add(operation);
      page.items.length = 0;
      page.next = "0";
    };
    expect((await adapter(api).discover()).accounts).to.have.length(7);
    expect(read).to.have.keys("ListAccounts");
  });

  it("ends when a page token leads in a circle", async () => {
    const api = example();
    api.after = (operation, _call, page) => {
      if (operation === "ListAccounts") page.next = "0";
    };
    expect((await failure(adapter(api).discover())).code).to.equal("ORG_INCOMPLETE");
  });

  it("scans again when an account moved meanwhile and was seen nowhere", async () => {
    const api = example();
    const dev = "ou-aaaa-dev00000";
    const prod = "ou-aaaa-prod0000";
    let moved = false;
    api.before = (operation) => {
      // prod is read before dev: back to prod after prod was read, so that the first scan finds it nowhere.
      if (operation !== "ListAccountsForParent" || moved) return;
      if ((api.calls["ListAccountsForParent"] ?? 0) === 7) {
        moved = true;
        api.move("200000000021", dev, prod);
      }
    };
    const { accounts } = await adapter(api).discover();
    expect(moved).to.equal(true);
    expect(api.calls["ListRoots"]).to.equal(2);
    expect(accounts.find(({ id }) => id === "200000000021")?.organizationalUnitPath).to.deep.equal([
      "workloads",
      "prod",
    ]);
  });

  it("scans again when an account was seen at two places", async () => {
    const api = example();
    let moved = false;
    api.before = (operation, call) => {
      if (operation === "ListAccountsForParent" && call === 2 && !moved) {
        moved = true;
        api.move("100000000001", ROOT, "ou-aaaa-dev00000");
      }
    };
    const { accounts } = await adapter(api).discover();
    expect(api.calls["ListRoots"]).to.equal(2);
    expect(accounts).to.have.length(7);
  });

  it("refuses an organization whose lists never agree", async () => {
    const api = example();
    api.after = (operation, _call, page) => {
      if (operation === "ListAccounts") page.items.splice(0, 1);
    };
    const error = await failure(adapter(api).discover());
    expect(error.code).to.equal("ORG_INCOMPLETE");
    expect(error.message).to.contain("100000000001");
    expect(api.calls["ListRoots"]).to.equal(3);
  });

  it("refuses an empty list", async () => {
    const error = await failure(adapter(new OrganizationsApi()).discover());
    expect(error.code).to.equal("ORG_INCOMPLETE");
  });

  it("refuses another organization before it reads anything else", async () => {
    const api = example();
    const error = await failure(adapter(api, { organizationId: "o-otherorg001" }).discover());
    expect(error.code).to.equal("ORG_MISMATCH");
    expect(error.message).to.contain("o-exampleorg1").and.to.contain("o-otherorg001");
    expect(api.calls).to.deep.equal({ DescribeOrganization: 1 });
  });

  it("says which permission is missing", async () => {
    const api = example();
    api.before = (operation) => {
      if (operation === "ListRoots") throw awsError("AccessDeniedException");
    };
    const error = await failure(adapter(api).discover());
    expect(error.code).to.equal("ACCESS_DENIED");
    expect(error.action).to.contain("organizations:ListRoots");
    expect(api.calls["ListRoots"]).to.equal(1);
  });

  it("says soon that nothing answers", async () => {
    const api = example();
    api.before = () => {
      throw Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    };
    const error = await failure(adapter(api).discover());
    expect(error.code).to.equal("ORG_UNREACHABLE");
    expect(error.message).to.contain("ECONNREFUSED");
    expect(api.calls["DescribeOrganization"]).to.equal(4);
  });

  it("scans an organization of 5,000 accounts", async () => {
    const api = new OrganizationsApi();
    api.pageSize = 20;
    api.account("100000000001");
    for (let unit = 0; unit < 50; unit++) {
      const id = api.unit(`u${unit}`);
      for (let n = 0; n < 100; n++) api.account(String(200000000000 + unit * 100 + n), id);
    }
    const { accounts } = await adapter(api).discover();
    expect(accounts).to.have.length(5001);
  }).timeout(20_000);
});
