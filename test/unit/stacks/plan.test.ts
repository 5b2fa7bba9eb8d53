import { expect } from "chai";

import { checkConfirmation, directionOf, planRun, type Plan } from "../../../stacks/plan";
import type { RunTarget } from "../../../stacks/target";
import { account, DELEGATED, edited, fleetOf, organization, smallFleet, VAULT } from "./fixtures";
import { thrown } from "./thrown";

const PROD = "200000000001";
const DEV = "200000000002";
const org = organization([account(PROD), account(DEV, "workloads/dev")]);
const stampsOf = (plan: Plan) =>
  plan.waves.flatMap((wave) => wave.stamps.map(({ stamp }) => stamp));

describe("The plan of a run", () => {
  it("makes access, then the vault, then the members, each naming what it waits for", () => {
    const plan = planRun(smallFleet(), org);
    expect(plan.waves).to.have.length(1);
    expect(plan.waves[0]!.stamps).to.deep.equal([
      { stamp: `access-${DELEGATED}`, kind: "access", accountId: DELEGATED, dependsOn: [] },
      { stamp: `access-${VAULT}`, kind: "access", accountId: VAULT, dependsOn: [] },
      { stamp: `access-${PROD}`, kind: "access", accountId: PROD, dependsOn: [] },
      { stamp: `access-${DEV}`, kind: "access", accountId: DEV, dependsOn: [] },
      {
        stamp: `vault-${VAULT}`,
        kind: "vault",
        accountId: VAULT,
        dependsOn: [`access-${VAULT}`],
      },
      ...[DELEGATED, VAULT, PROD, DEV].map((id) => ({
        stamp: `member-${id}`,
        kind: "member",
        accountId: id,
        dependsOn: [`access-${id}`, `vault-${VAULT}`],
      })),
    ]);
  });

  it("takes down in the opposite order, members before the vault, access last", () => {
    const plan = planRun(smallFleet(), org, { accounts: [VAULT, PROD] }, "take-down");
    expect(plan.waves[0]!.stamps.map(({ stamp, dependsOn }) => [stamp, dependsOn])).to.deep.equal([
      [`member-${VAULT}`, []],
      [`member-${PROD}`, []],
      [`vault-${VAULT}`, [`member-${VAULT}`, `member-${PROD}`]],
      [`access-${VAULT}`, [`vault-${VAULT}`, `member-${VAULT}`]],
      [`access-${PROD}`, [`member-${PROD}`]],
    ]);
    expect(directionOf("retire")).to.equal("take-down");
    expect(["preview", "up", "drift"].map(directionOf)).to.deep.equal(["build", "build", "build"]);
  });

  it("waits only for stamps that are in the run", () => {
    const plan = planRun(smallFleet(), org, { stamps: [`member-${PROD}`] });
    expect(plan.waves[0]!.stamps).to.deep.equal([
      { stamp: `member-${PROD}`, kind: "member", accountId: PROD, dependsOn: [] },
    ]);
  });

  it("joins the criteria of a target by and", () => {
    const cases: [RunTarget, string[]][] = [
      [{ kinds: ["vault"] }, [`vault-${VAULT}`]],
      [
        { organizationalUnits: ["workloads"], kinds: ["member"] },
        [`member-${PROD}`, `member-${DEV}`],
      ],
      [{ organizationalUnits: ["workloads/dev"] }, [`access-${DEV}`, `member-${DEV}`]],
      [{ accounts: [PROD, DEV], stamps: [`member-${PROD}`] }, [`member-${PROD}`]],
    ];
    for (const [target, stamps] of cases) {
      expect(stampsOf(planRun(smallFleet(), org, target))).to.deep.equal(stamps);
    }
  });

  it("has every account of the organization once, the ones left out with the reason", () => {
    const plan = planRun(smallFleet(), org, { accounts: [PROD] });
    expect(plan.accounts).to.deep.equal([
      {
        accountId: PROD,
        name: `account ${PROD}`,
        environment: "prod",
        wave: "all",
        stamps: [`access-${PROD}`, `member-${PROD}`],
      },
    ]);
    expect(plan.skipped.map(({ accountId, cause }) => [accountId, cause])).to.deep.equal([
      ["100000000001", "management"],
      [DELEGATED, "not-targeted"],
      [VAULT, "not-targeted"],
      [DEV, "not-targeted"],
    ]);
  });

  it("shows all unknown things of a target at once, with the place and a hint", () => {
    const error = thrown(() =>
      planRun(smallFleet(), org, {
        accounts: ["200000000009", PROD],
        organizationalUnits: ["workloads/prd"],
        stamps: ["member-999999999999", `vault-${PROD}`],
      }),
    );
    expect(error.code).to.equal("PLAN_UNKNOWN_ACCOUNT");
    expect(error.problems).to.deep.equal([
      {
        pointer: "/target/accounts/0",
        message: `there is no account 200000000009 in the organization (did you mean ${PROD}?)`,
      },
      {
        pointer: "/target/organizationalUnits/0",
        message:
          'no account is in an organizational unit "workloads/prd" (did you mean workloads/prod?)',
      },
      {
        pointer: "/target/stamps/0",
        message: "there is no account 999999999999 in the organization",
      },
      {
        pointer: "/target/stamps/1",
        message: `there is no stamp vault-${PROD}; the account has access-${PROD}, member-${PROD}`,
      },
    ]);
  });

  it("tells malformed targets from unknown ones", () => {
    const malformed = thrown(() =>
      planRun(smallFleet(), org, {
        accounts: ["12"],
        stamps: ["hub-1" as never],
        kinds: ["org" as never],
      }),
    );
    expect(malformed.code).to.equal("SPEC_INVALID");
    expect(malformed.problems).to.have.length(3);
    expect(thrown(() => planRun(smallFleet(), org, { stamps: [`vault-${PROD}`] })).code).to.equal(
      "STACK_NOT_FOUND",
    );
  });

  it("refuses a plan without stamps and says why each account is left out", () => {
    const closed = organization([account(PROD, "workloads/prod", { status: "SUSPENDED" })]);
    const error = thrown(() => planRun(smallFleet(), closed, { accounts: [PROD] }));
    expect(error.code).to.equal("PLAN_EMPTY");
    expect(error.problems).to.deep.include({
      message: `${PROD}: The account is SUSPENDED; AWS lets nobody in.`,
    });
    expect(thrown(() => planRun(smallFleet(), org, { accounts: [] })).code).to.equal("PLAN_EMPTY");
  });

  it("can take down a named stamp of an account that has left the fleet, and nothing else of it", () => {
    const fleet = fleetOf(
      edited(["    all: true\n", "    organizationalUnits: [workloads/prod]\n"]),
    );
    const target: RunTarget = { stamps: [`member-${DEV}`] };
    expect(stampsOf(planRun(fleet, org, target, "take-down"))).to.deep.equal([`member-${DEV}`]);
    expect(thrown(() => planRun(fleet, org, target)).code).to.equal("PLAN_EMPTY");
    expect(thrown(() => planRun(fleet, org, { accounts: [DEV] }, "take-down")).code).to.equal(
      "PLAN_EMPTY",
    );
  });

  it("asks for a confirmation that names exactly the stamps", () => {
    const plan = planRun(smallFleet(), org, { accounts: [PROD] }, "take-down");
    checkConfirmation(plan, [`access-${PROD}`, `member-${PROD}`]);
    const error = thrown(() => {
      checkConfirmation(plan, [`member-${PROD}`, `member-${DEV}`]);
    });
    expect(error.code).to.equal("SPEC_CONFIRMATION");
    expect(error.problems.map(({ message }) => message)).to.deep.equal([
      `access-${PROD} would be taken down and is not confirmed`,
      `member-${DEV} is confirmed and would not be taken down`,
    ]);
    expect(
      thrown(() => {
        checkConfirmation(plan);
      }).code,
    ).to.equal("SPEC_CONFIRMATION");
  });
});

describe("Waves", () => {
  const accounts = Array.from({ length: 20 }, (_, index) =>
    account(String(300000000000 + index), index < 5 ? "workloads/dev" : "workloads/prod"),
  );
  const fleet = fleetOf(
    `${edited()}waves:
  - { name: canary, share: 10 }
  - { name: early, match: { organizationalUnits: [workloads/dev] } }
`,
  );

  it("send a share first, then who matches, then the rest, and the vault with the first", () => {
    const plan = planRun(fleet, organization(accounts));
    expect(plan.waves.map(({ name }) => name)).to.deep.equal(["canary", "early", "rest"]);
    const of = (wave: string) => plan.accounts.filter((entry) => entry.wave === wave);
    // 10 percent of 21 accounts (the vault's apart), rounded up, and the vault.
    expect(of("canary")).to.have.length(4);
    expect(of("canary").map(({ accountId }) => accountId)).to.include(VAULT);
    expect(plan.waves[0]!.stamps.map(({ stamp }) => stamp)).to.include(`vault-${VAULT}`);
    expect(of("early").every(({ environment }) => environment === "dev")).to.equal(true);
    expect(plan.accounts).to.have.length(22);
  });

  it("keep an account in its wave when only part of the fleet runs", () => {
    const whole = planRun(fleet, organization(accounts));
    for (const { accountId, wave } of whole.accounts) {
      const alone = planRun(fleet, organization(accounts), { accounts: [accountId] });
      expect(alone.accounts[0]!.wave).to.equal(wave);
      expect(alone.waves.map(({ name }) => name)).to.deep.equal([wave]);
    }
  });

  it("go backwards when stamps are taken down", () => {
    const plan = planRun(fleet, organization(accounts), {}, "take-down");
    expect(plan.waves.map(({ name }) => name)).to.deep.equal(["rest", "early", "canary"]);
    expect(plan.waves[2]!.stamps.at(-1)!.kind).to.equal("access");
  });

  it("have at least one account in a share", () => {
    const plan = planRun(fleet, organization([account(PROD)]), { accounts: [PROD, DELEGATED] });
    expect(plan.waves[0]!.name).to.equal("canary");
  });
});
