import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";

import { expect } from "chai";

import type { Service } from "../../../server/main";
import { runningService } from "../../../server/state-lock";
import { AppError } from "../../../stacks/errors";
import {
  call,
  exampleOrganization,
  quietEngine,
  serviceFolder,
  startTestService,
} from "../../support/service";

const failure = (promise: Promise<unknown>): Promise<AppError | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );

describe("the service as a whole", function () {
  this.timeout(60_000);
  let place: Awaited<ReturnType<typeof serviceFolder>>;
  let service: Service;
  const engineClosed = { count: 0 };
  const log = new PassThrough();
  let logged = "";
  log.on("data", (chunk: Buffer) => (logged += chunk.toString()));
  before(async () => {
    place = await serviceFolder();
    service = await startTestService(place.config, { engine: quietEngine(engineClosed), log });
  });
  after(async () => {
    await service.close();
    await place.remove();
  });

  const start = (key: string) =>
    call(service, "operator", "/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ operation: "up", target: {} }),
    });

  it("stamps the fleet and tells it as it happens, once per key", async () => {
    const [first, second] = await Promise.all([start("one"), start("one")]);
    expect([first.status, second.status]).to.deep.equal([202, 202]);
    expect(first.headers.get("location")).to.equal(second.headers.get("location"));
    const replays = [first, second].map((answer) => answer.headers.get("idempotent-replayed"));
    expect(replays).to.have.members([null, "true"]);

    const location = first.headers.get("location") ?? "";
    const events = await call(service, "viewer", `${location}/events`, {
      headers: { accept: "text/event-stream" },
    });
    const text = await events.text();
    expect(text)
      .to.match(/^id: run-.*:1$/m)
      .and.to.contain('"run.ended"');
    expect(text.endsWith("event: end\ndata: {}\n\n")).to.equal(true);
    const run = (await (await call(service, "viewer", location)).json()) as {
      status: string;
      summary: object;
    };
    expect(run.status).to.equal("succeeded");
    expect(run.summary).to.include({ accounts: 4, stamped: 3, skipped: 1, failed: 0 });

    const accounts = (await (await call(service, "viewer", "/v1/accounts")).json()) as {
      items: { id: string; stamps: { lastStatus?: string }[] }[];
    };
    const prod = accounts.items.find(({ id }) => id === "200000000001");
    expect(prod?.stamps.map(({ lastStatus }) => lastStatus)).to.deep.equal([
      "succeeded",
      "succeeded",
    ]);
  });

  it("is ready, and measures itself", async () => {
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).to.equal(200);
    const metrics = await (await call(service, "viewer", "/metrics")).text();
    expect(metrics)
      .to.contain("strongroom_stamp_slots")
      .and.to.contain("strongroom_org_discovery_age");
  });

  it("can be found in its state folder, and lets no second one in", async () => {
    expect((await runningService(place.config.stateDir))?.url).to.equal(service.url);
    const error = await failure(startTestService(place.config));
    expect(error?.code).to.equal("RUN_STATE_HELD");
    expect(error?.message).to.contain(service.url);
    expect((await fetch(`${service.url}/livez`)).status).to.equal(200);
  });

  it("never logs a token", async () => {
    for (const file of Object.values(service.tokenFiles)) {
      expect(logged).not.to.contain((await readFile(file, "utf8")).trim());
    }
    expect(logged).to.contain('"audit"');
  });

  it("says that its port is taken, and leaves nothing running", async () => {
    const other = await serviceFolder();
    const closed = { count: 0 };
    const port = Number(new URL(service.url).port);
    const error = await failure(
      startTestService({ ...other.config, port }, { engine: quietEngine(closed) }),
    );
    expect(error?.code).to.equal("RUN_PORT_IN_USE");
    expect(error?.message).to.contain(String(port));
    expect(closed.count).to.equal(1);
    expect(await runningService(other.config.stateDir)).to.equal(undefined);
    await other.remove();
  });

  it("does not start over a fleet file with mistakes, and shows all of them", async () => {
    const other = await serviceFolder();
    await writeFile(path.join(other.folder, "fleet.yaml"), "version: 2\norganization: {}\nx: 1\n");
    const error = await failure(startTestService(other.config));
    expect(error?.code).to.equal("SPEC_INVALID");
    expect(error?.problems.length).to.be.greaterThan(3);
    await other.remove();
  });

  it("starts without the organization, says so in /readyz, and takes no run", async () => {
    const other = await serviceFolder();
    const organization = exampleOrganization();
    organization.failure = new AppError("ORG_UNREACHABLE", "AWS does not answer.");
    const alone = await startTestService(other.config, { organization });
    try {
      expect((await fetch(`${alone.url}/readyz`)).status).to.equal(503);
      const answer = await call(alone, "operator", "/v1/runs", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "k" },
        body: JSON.stringify({ operation: "up", target: {} }),
      });
      expect(answer.status).to.equal(502);
      expect(await answer.json()).to.include({ code: "ORG_UNREACHABLE" });
      const list = (await (await call(alone, "viewer", "/v1/runs")).json()) as { items: [] };
      expect(list.items).to.have.length(0);
    } finally {
      await alone.close();
      await other.remove();
    }
  });

  it("keeps runs and tokens over a restart, closing in time with a stream open", async () => {
    const other = await serviceFolder();
    const never = quietEngine();
    let atWork: () => void = () => undefined;
    const working = new Promise<void>((resolve) => (atWork = resolve));
    const first = await startTestService(other.config, {
      engine: {
        ...never,
        port: {
          ...never.port,
          execute: (_job, _onEvent, signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => reject(new Error("stopped")));
              atWork();
            }),
        },
      },
    });
    const token = await readFile(first.tokenFiles.viewer, "utf8");
    const answer = await call(first, "operator", "/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k" },
      body: JSON.stringify({ operation: "up", target: {} }),
    });
    const location = answer.headers.get("location") ?? "";
    const stream = await call(first, "viewer", `${location}/events`, {
      headers: { accept: "text/event-stream" },
    });
    await working;
    const at = Date.now();
    await Promise.all([first.close(), first.close()]);
    expect(Date.now() - at).to.be.lessThan(15_000);
    expect(await stream.text()).not.to.contain("event: end");

    const second = await startTestService(other.config);
    try {
      expect(await readFile(second.tokenFiles.viewer, "utf8")).to.equal(token);
      const kept = await call(second, "viewer", location);
      expect(kept.status).to.equal(200);
      // Whatever an engine throws when it is interrupted: what it worked on goes on, and has not failed.
      expect(await kept.text()).not.to.contain('"status":"failed"');
    } finally {
      await second.close();
      await other.remove();
    }
  });
});
