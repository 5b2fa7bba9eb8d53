import { expect } from "chai";
import { Webhook as Verifier } from "standardwebhooks";

import type { ServiceConfig } from "../../../server/config";
import type { Service } from "../../../server/main";
import type { Onboarding } from "../../../server/onboarding-ports";
import type { EnginePort } from "../../../server/ports";
import type { RunRecord } from "../../../server/runs-ports";
import type { WebhookWithSecret } from "../../../server/webhook-ports";
import { readAddressRules } from "../../../server/webhooks/addresses";
import { fakeAccount } from "../../support/fake-organization";
import { FakeVault } from "../../support/fake-vault";
import { hookReceiver } from "../../support/hook-receiver";
import { until } from "../../support/killable";
import {
  call,
  exampleOrganization,
  quietEngine,
  serviceFolder,
  startTestService,
} from "../../support/service";

const json = { "content-type": "application/json" };
const inProd = {
  organizationalUnitPath: ["workloads", "prod"],
  organizationalUnitIds: ["ou-aaaa-11111111", "ou-aaaa-22222222"],
};

describe("accounts that a pipeline has made", function () {
  this.timeout(120_000);
  let place: Awaited<ReturnType<typeof serviceFolder>>;
  let config: ServiceConfig;
  let service: Service;
  let receiver: Awaited<ReturnType<typeof hookReceiver>>;
  const organization = exampleOrganization();
  const vault = new FakeVault();
  const engine = quietEngine();
  /** How often the role of an account's bootstrap still cannot be assumed. */
  const closed = new Map<string, number>();
  const tried: string[] = [];
  const execute: EnginePort["execute"] = async (job, onEvent, signal) => {
    const outcome = await engine.port.execute(job, onEvent, signal);
    const { accountId } = job.spec;
    const left = closed.get(accountId) ?? 0;
    tried.push(job.stamp);
    if (left === 0) return { ...outcome, outputs: { stamp: job.stamp } };
    closed.set(accountId, left - 1);
    return {
      ...outcome,
      status: "failed",
      error: { code: "ACCESS_ROLE", message: "the role cannot be assumed" },
    };
  };
  const start = () =>
    startTestService(config, {
      engine: { ...engine, port: { ...engine.port, execute } },
      organization,
      vault,
      onboardingWait: () => 0.05,
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
    tried.length = 0;
  });
  after(async () => {
    await service.close();
    await receiver.close();
    await place.remove();
  });

  const onboard = (account: string, key: string, body: object = {}): Promise<Response> =>
    call(service, "operator", `/v1/accounts/${account}/onboard`, {
      method: "POST",
      headers: { ...json, "idempotency-key": key },
      body: JSON.stringify(body),
    });
  const begun = async (account: string, key: string, body: object = {}): Promise<Onboarding> => {
    const answer = await onboard(account, key, body);
    expect(answer.status).to.equal(202);
    const onboarding = (await answer.json()) as Onboarding;
    expect(answer.headers.get("location")).to.equal(`/v1/onboardings/${onboarding.id}`);
    return onboarding;
  };
  const read = async (id: string): Promise<Onboarding> =>
    (await (await call(service, "viewer", `/v1/onboardings/${id}`)).json()) as Onboarding;
  const over = async ({ id }: Onboarding): Promise<Onboarding> => {
    await until("it has ended", async () => (await read(id)).endedAt !== undefined);
    return read(id);
  };
  const hook = async (events: readonly string[]): Promise<WebhookWithSecret> => {
    const answer = await call(service, "admin", "/v1/webhooks", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ url: receiver.url, events }),
    });
    return (await answer.json()) as WebhookWithSecret;
  };

  it("are waited for, stamped once they let anybody in, backed up, and told of when all is there", async () => {
    const account = "200000000077";
    // Asked for drift alone: it is told of this account because the request names it.
    const { id: webhook, secret } = await hook(["strongroom.drift.found"]);
    vault.put(account, { name: "a", looks: 1 }, { name: "b" });
    closed.set(account, 2);
    const onboarding = await begun(account, "vend-77", { webhook });
    await until("it is not known", async () => {
      return (await read(onboarding.id)).note?.code === "PLAN_UNKNOWN_ACCOUNT";
    });
    organization.accounts.push(fakeAccount(account, inProd));
    const done = await over(onboarding);
    expect(done).to.deep.include({ state: "ready" });
    expect(done.result?.coverage).to.deep.equal({ secrets: 2, covered: 2 });
    expect(tried.filter((stamp) => stamp === `access-${account}`)).to.have.length(3);
    // The vault knows the whole fleet, with the newcomer.
    expect(vault.members.map(({ accountId }) => accountId)).to.include.members([
      account,
      "200000000001",
    ]);
    await until("it is told", () => receiver.received.length === 1);
    const [{ body, headers, event }] = receiver.received as [(typeof receiver.received)[number]];
    new Verifier(secret).verify(body, headers);
    expect(event).to.deep.include({ type: "strongroom.account.ready", subject: account });
    expect(event.data).to.deep.include({
      accountId: account,
      environment: "prod",
      organizationalUnit: "workloads/prod",
      coverage: { secrets: 2, covered: 2 },
      stamps: [
        { stamp: `access-${account}`, outputs: { stamp: `access-${account}` } },
        { stamp: `member-${account}`, outputs: { stamp: `member-${account}` } },
      ],
    });
    const backup = (await (
      await call(service, "viewer", `/v1/runs/${done.backupRun ?? ""}`)
    ).json()) as RunRecord;
    expect(backup.target).to.deep.equal({ accounts: [account] });
  });

  it("get one onboarding, however often and under whatever keys it is asked for", async () => {
    const account = "200000000078";
    const answers = await Promise.all(
      ["one", "one", "two", "three"].map((key) => begun(account, `vend-78-${key}`)),
    );
    expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
    organization.accounts.push(fakeAccount(account, inProd));
    const done = await over(answers[0]!);
    expect(done.state).to.equal("ready");
    expect(tried.filter((stamp) => stamp === `member-${account}`)).to.have.length(1);
    const again = await onboard(account, "vend-78-two");
    expect(again.headers.get("idempotent-replayed")).to.equal("true");
    expect(await again.json()).to.include({ id: done.id });
    const other = await onboard(account, "vend-78-two", { reason: "another" });
    expect(other.status).to.equal(422);
  });

  it("go on where they were after the service was started anew", async () => {
    const account = "200000000079";
    const onboarding = await begun(account, "vend-79");
    await until("it is waited for", async () => (await read(onboarding.id)).attempts > 0);
    await service.close();
    organization.accounts.push(fakeAccount(account, inProd));
    service = await start();
    expect(await over(onboarding)).to.deep.include({ state: "ready", id: onboarding.id });
  });

  for (const [what, account, more] of [
    ["suspended", "200000000080", { ...inProd, status: "SUSPENDED" }],
    ["about to be closed", "200000000081", { ...inProd, status: "PENDING_CLOSURE" }],
    ["left out by the fleet file", "200000000082", { organizationalUnitPath: ["sandbox"] }],
  ] as const) {
    it(`fail with the reason, untouched, where one is ${what}`, async () => {
      await hook(["strongroom.account.failed"]);
      organization.accounts.push(fakeAccount(account, more));
      await call(service, "operator", "/v1/accounts?refresh=true");
      const done = await over(await begun(account, `vend-${account}`));
      expect(done).to.include({ state: "failed" });
      expect(done.note?.code).to.equal("PLAN_EMPTY");
      expect(tried.filter((stamp) => stamp.endsWith(account))).to.deep.equal([]);
      await until("it is told", () =>
        receiver.of("strongroom.account.failed").some(({ event }) => event.subject === account),
      );
    });
  }

  it("wait, and none is taken for gone, while the list of accounts cannot be believed", async () => {
    const account = "200000000083";
    const whole = organization.accounts;
    organization.accounts = whole.slice(0, 3);
    const onboarding = await begun(account, "vend-83");
    await until(
      "it is refused",
      async () => (await read(onboarding.id)).note?.code === "ORG_SHRUNK",
    );
    organization.accounts = [...whole, fakeAccount(account, inProd)];
    expect(await over(onboarding)).to.include({ state: "ready" });
  });

  it("are refused with a webhook that there is not, and without a key", async () => {
    const none = await onboard("200000000084", "vend-84", { webhook: "wh-ffffffffffffffff" });
    expect(none.status).to.equal(422);
    const keyless = await call(service, "operator", "/v1/accounts/200000000084/onboard", {
      method: "POST",
      headers: json,
      body: "{}",
    });
    expect(keyless.status).to.equal(400);
  });
});
