import { expect } from "chai";

import { readConfig } from "../../../server/config";
import { requireShared } from "../../../server/parts";
import { composed, type DeployedProcess, unit } from "../../support/deploy";

/** What several-hosts.md puts into the file of settings. */
const SHARED = {
  DATABASE_URL: "postgres://strongroom:pw@db/strongroom",
  PULUMI_BACKEND_URL: "s3://states?region=eu-central-1",
  STRONGROOM_PASSPHRASE_FILE: "/etc/strongroom/passphrase",
  STRONGROOM_FLEET: "/etc/strongroom/fleet.yaml",
};
const UNITS = ["strongroom-serve.service", "strongroom-worker@.service"].map((file) =>
  unit(file, SHARED),
);

const isWorker = ({ command }: DeployedProcess): boolean => command.at(-1) === "worker";

for (const [what, processes] of [
  ["compose file", composed()],
  ["systemd units", UNITS],
] as const) {
  describe(`the ${what}`, () => {
    it("starts a service that works on nothing itself, and workers", () => {
      const commands = processes.map(({ command }) =>
        command.slice(command.indexOf("bin/strongroom.cjs") + 1).join(" "),
      );
      expect(new Set(commands)).to.deep.equal(new Set(["serve --no-worker", "worker"]));
    });

    for (const process of processes) {
      it(`gives ${process.name} settings with which it starts on a shared database`, () => {
        const config = readConfig(process.environment, "/");
        expect(() => requireShared(config, { works: isWorker(process) })).not.to.throw();
        expect(config.stateDir).to.match(/^\/var\/lib\/strongroom/);
        expect(process.environment["STRONGROOM_HOME"], "the engine's parts").to.match(/^\//);
      });
    }

    it("gives each process a state folder of its own", () => {
      const folders = processes.map(({ state }) => state);
      expect(folders).not.to.include(undefined);
      expect(new Set(folders).size).to.equal(processes.length);
    });
  });
}

describe("the workers of the compose file", () => {
  it("have names that stay, by which it is known whose a lock is", () => {
    const names = composed()
      .filter(isWorker)
      .map(({ hostname }) => hostname);
    expect(names).not.to.include(undefined);
    expect(new Set(names).size).to.equal(names.length);
  });
});
