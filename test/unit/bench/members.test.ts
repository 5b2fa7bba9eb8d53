import { expect } from "chai";

import { reachableMembers } from "../../../bench/members";
import { readOrganizationFile } from "../../../emulator/organization-file";
import { buildWorld } from "../../../emulator/world";

describe("The members that a benchmark works on", () => {
  it("are as many as were asked for, and all of them can be stamped", async () => {
    const file = await readOrganizationFile();
    for (const count of [1, 12, 13, 40]) {
      const { ids, memberCount } = reachableMembers(file, count);
      expect(new Set(ids).size).to.equal(count);
      const world = new Map(
        buildWorld(file, memberCount).accounts.map((account) => [account.id, account]),
      );
      for (const id of ids)
        expect(world.get(id)).to.include({ status: "ACTIVE", accessBroken: false });
      expect(ids).not.to.include(file.vaultAccount);
    }
  });
});
