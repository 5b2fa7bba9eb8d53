import { expect } from "chai";

import { createScope } from "../../../../server/fleet/scope";
import type { OrganizationCache } from "../../../../server/org/snapshot";
import { AppError } from "../../../../stacks/errors";
import { stampName } from "../../../../stacks/naming";
import { fakeAccount, FakeOrganization } from "../../../support/fake-organization";
import { FakePlanner } from "../../../support/runs";

const at = (id: string, ...organizationalUnitPath: string[]) =>
  fakeAccount(id, { organizationalUnitPath });

describe("a caller who may act in some organizational units only", () => {
  const organization = new FakeOrganization([
    at("100000000001", "workloads", "prod"),
    at("100000000002", "workloads", "prod", "eu"),
    at("100000000003", "workloads", "production"),
    at("100000000004"),
  ]);
  const cache = { fresh: () => organization.discover() } as OrganizationCache;
  const scope = createScope(new FakePlanner(), cache);
  const caller = {
    subject: "oidc:x",
    role: "operator",
    organizationalUnits: ["workloads/prod"],
  } as const;
  const refusal = (...ids: string[]): Promise<string> => {
    const stamps = ids.map((id) => stampName("member", id));
    return scope.requireRun(caller, { operation: "up", target: { stamps } }).then(
      () => "none",
      (error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        return `${error.code} ${error.problems.map(({ message }) => message).join()}`;
      },
    );
  };

  it("starts runs over accounts of these units and of the units in them", async () => {
    expect(await refusal("100000000001", "100000000002")).to.equal("none");
  });

  it("starts none that touches one other account, even of a unit with a name that begins alike", async () => {
    for (const other of ["100000000003", "100000000004", "999999999998"]) {
      expect(await refusal("100000000001", other)).to.equal(
        `AUTH_FORBIDDEN account ${other} is not in them`,
      );
    }
  });

  it("is kept out of runs about other accounts, and callers without units are not", async () => {
    const ids = ["100000000004"];
    const error = await scope.requireAccounts(caller, ids).catch((thrown: unknown) => thrown);
    expect(AppError.from(error).code).to.equal("AUTH_FORBIDDEN");
    await scope.requireAccounts({ subject: "token:operator", role: "operator" }, ids);
  });
});
