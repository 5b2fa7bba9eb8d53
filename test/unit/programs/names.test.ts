import { expect } from "chai";

import { programOf } from "../../../programs/program";
import { record } from "../../support/recorder";
import { accessSpec, ACCOUNTS, connection, memberSpec, vaultSpec } from "../../support/specs";

/** Arguments that give a resource its physical name, within its account and Region. */
const NAMED_BY = ["name", "bucket", "analyzerName"];

describe("the stamps of the vault account", () => {
  it("never name the same resource, though the vault is a member too", async () => {
    const at = { accountId: ACCOUNTS.vault };
    const owners = new Map<string, string[]>();
    for (const spec of [accessSpec(at), vaultSpec(), memberSpec(at)]) {
      const { resources } = await record(programOf(spec, connection(ACCOUNTS.vault)));
      for (const { type, inputs } of resources) {
        const name = NAMED_BY.map((key) => inputs[key]).find((value) => typeof value === "string");
        if (name === undefined || !/^aws(-native)?:/.test(type)) continue;
        // Rules are named within their bus, policies within their role.
        const owner = inputs["eventBusName"] ?? inputs["role"];
        const place = [type, inputs["region"], owner, name].join(" ");
        owners.set(place, [...new Set([...(owners.get(place) ?? []), spec.kind])]);
      }
    }
    expect([...owners].filter(([, kinds]) => kinds.length > 1)).to.deep.equal([]);
    expect(owners.size).to.be.greaterThan(30);
  });
});
