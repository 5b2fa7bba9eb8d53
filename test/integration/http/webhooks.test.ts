import { PassThrough } from "node:stream";

import { expect } from "chai";
import { Webhook as Verifier } from "standardwebhooks";

import type { ServiceConfig } from "../../../server/config";
import type { Service } from "../../../server/main";
import type { EnginePort } from "../../../server/ports";
import type { Delivery, WebhookWithSecret } from "../../../server/webhook-ports";
import { readAddressRules } from "../../../server/webhooks/addresses";
import { hookReceiver } from "../../support/hook-receiver";
import { until } from "../../support/killable";
import { call, quietEngine, serviceFolder, startTestService } from "../../support/service";

const json = { "content-type": "application/json" };

describe("webhooks of the service", function () {
  this.timeout(120_000);
  let place: Awaited<ReturnType<typeof serviceFolder>>;
  let config: ServiceConfig;
  let service: Service;
  let receiver: Awaited<ReturnType<typeof hookReceiver>>;
  const log = new PassThrough();
  let logged = "";
  log.on("data", (chunk: Buffer) => (logged += chunk.toString()));
  const engine = quietEngine();
  const drifts: EnginePort["execute"] = async (job, onEvent, signal) => {
    const outcome = await engine.port.execute(job, onEvent, signal);
    const change = {
      urn: "urn:pulumi:a",
      type: "aws:kms/key:Key",
      name: "key",
      operation: "update",
      properties: ["policy"],
    } as const;
    return job.operation === "drift" ? { ...outcome, changes: [change] } : outcome;
  };
  const start = () =>
    startTestService(config, {
      engine: { ...engine, port: { ...engine.port, execute: drifts } },
      log,
    });

  before(async () => {
    place = await serviceFolder();
    const { rules } = readAddressRules(["127.0.0.1"], true);
    config = { ...place.config, webhooks: { rules } };
    receiver = await hookReceiver();
    service = await start();
  });
  beforeEach(() => {
    receiver.received.length = 0;
    receiver.answer(204);
  });
  after(async () => {
    await service.close();
    await receiver.close();
    await place.remove();
  });

  const create = async (events?: readonly string[]): Promise<WebhookWithSecret> => {
    const answer = await call(service, "admin", "/v1/webhooks", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ url: receiver.url, events }),
    });
    expect(answer.status).to.equal(201);
    return (await answer.json()) as WebhookWithSecret;
  };
  const remove = async ({ id }: { id: string }): Promise<void> => {
    const answer = await call(service, "admin", `/v1/webhooks/${id}`, { method: "DELETE" });
    expect(answer.status).to.equal(200);
  };
  const deliveries = async ({ id }: { id: string }): Promise<readonly Delivery[]> => {
    const answer = await call(service, "operator", `/v1/webhooks/${id}/deliveries`);
    return ((await answer.json()) as { items: readonly Delivery[] }).items;
  };
  const run = async (operation: string): Promise<string> => {
    const answer = await call(service, "operator", "/v1/runs", {
      method: "POST",
      headers: { ...json, "idempotency-key": `${operation}-${Math.random()}` },
      body: JSON.stringify({ operation, target: { accounts: ["200000000001"] } }),
    });
    return ((await answer.json()) as { id: string }).id;
  };

  it("tell of runs and of drift, signed, and of nothing else that was not asked for", async () => {
    const all = await create();
    const drift = await create(["strongroom.drift.found"]);
    const id = await run("drift");
    await until("all of it arrived", () => receiver.received.length === 5);
    const finished = receiver.of("strongroom.run.finished");
    expect(finished.map(({ event }) => event.subject)).to.deep.equal([id]);
    expect(finished[0]!.event).to.deep.include({
      specversion: "1.0",
      source: "urn:strongroom:o-strongroom01",
    });
    expect(finished[0]!.event.data).to.deep.include({ operation: "drift", status: "succeeded" });
    // Each stamp of the account, for each of the two endpoints, under the same id.
    const found = receiver.of("strongroom.drift.found");
    expect(found.map(({ event }) => event.subject)).to.have.members([
      "access-200000000001",
      "access-200000000001",
      "member-200000000001",
      "member-200000000001",
    ]);
    expect(new Set(found.map(({ headers }) => headers["webhook-id"])).size).to.equal(2);
    expect(JSON.stringify(found[0]!.event.data)).to.contain("policy");
    const believed = (secret: string): number =>
      receiver.received.filter(({ body, headers }) => {
        try {
          return new Verifier(secret).verify(body, headers) !== undefined;
        } catch {
          return false;
        }
      }).length;
    expect([believed(all.secret), believed(drift.secret)]).to.deep.equal([3, 2]);
    await until("it is written down", async () =>
      (await deliveries(all)).every(({ status }) => status === "delivered"),
    );
    await remove(all);
    await remove(drift);
  });

  it("come again when they did not arrive, also after the service was started anew, as the same message", async () => {
    const hook = await create(["strongroom.run.finished"]);
    receiver.answer(500);
    await run("up");
    await until("the failure is written down", async () =>
      (await deliveries(hook)).some(({ error }) => error === "it answered 500"),
    );
    await service.close();
    receiver.answer(204);
    service = await start();
    await until("it arrived", async () =>
      (await deliveries(hook)).some(({ status }) => status === "delivered"),
    );
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids.length).to.be.greaterThan(1);
    expect(new Set(ids).size).to.equal(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).to.equal(1);
    await remove(hook);
  });

  it("carry a signature for the old and the new secret while a rotation is not over", async () => {
    const hook = await create(["strongroom.run.finished"]);
    const answer = await call(service, "admin", `/v1/webhooks/${hook.id}/rotate`, {
      method: "POST",
      headers: json,
      body: "{}",
    });
    const fresh = (await answer.json()) as WebhookWithSecret;
    expect(fresh.secrets).to.have.length(2);
    await run("up");
    await until("it arrived", () => receiver.received.length === 1);
    const [{ body, headers }] = receiver.received as [(typeof receiver.received)[number]];
    for (const { secret } of [hook, fresh]) new Verifier(secret).verify(body, headers);
    expect(headers["webhook-signature"]!.split(" ")).to.have.length(2);
    await remove(hook);
  });

  it("are not sent any more to a receiver that says it is gone", async () => {
    const hook = await create(["strongroom.run.finished"]);
    receiver.answer(410);
    await run("up");
    await until("it is given up", async () =>
      (await deliveries(hook)).some(({ status }) => status === "dead"),
    );
    const list = (await (await call(service, "operator", "/v1/webhooks")).json()) as {
      items: { id: string; disabled?: { reason: string } }[];
    };
    expect(list.items.find(({ id }) => id === hook.id)?.disabled?.reason).to.contain("410");
    await run("up");
    expect(await deliveries(hook)).to.have.length(1);
    await remove(hook);
  });

  it("do not go inside, and their secrets are told once and logged never", async () => {
    const hook = await create();
    const refused = await call(service, "admin", "/v1/webhooks", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ url: "https://169.254.169.254/latest/meta-data" }),
    });
    expect(refused.status).to.equal(422);
    expect(await refused.json()).to.include({ code: "SPEC_WEBHOOK_URL" });
    const read = await call(service, "operator", "/v1/webhooks");
    expect(await read.text())
      .to.contain(hook.id)
      .and.not.to.contain("whsec_");
    expect(logged).to.contain(hook.id).and.not.to.contain("whsec_");
    await remove(hook);
    expect(await (await call(service, "admin", "/v1/audit")).text())
      .to.contain("webhook.create")
      .and.contain("webhook.remove")
      .and.not.to.contain("whsec_");
  });
});
