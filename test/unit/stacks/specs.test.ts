import { Ajv } from "ajv";
import { expect } from "chai";

import type { Fleet } from "../../../stacks/fleet";
import { parseStampName } from "../../../stacks/naming";
import { Connection, SPEC_SCHEMAS } from "../../../stacks/spec";
import { connectionFor, specFor, specsFor } from "../../../stacks/specs";
import {
  account,
  DELEGATED,
  edited,
  exampleFleet,
  fleetOf,
  MANAGEMENT,
  organization,
  smallFleet,
  VAULT,
} from "./fixtures";
import { thrown } from "./thrown";

const PROD = "200000000001";
const DEV = "200000000002";
const org = organization([account(PROD), account(DEV, "workloads/dev")]);
const ajv = new Ajv({ strict: true });

describe("The specs of the stamps", () => {
  it("fit their schemas, one for each stamp of the fleet", () => {
    const specs = specsFor(exampleFleet(), org);
    expect([...specs.keys()]).to.deep.equal([
      `access-${DELEGATED}`,
      `member-${DELEGATED}`,
      `access-${VAULT}`,
      `vault-${VAULT}`,
      `member-${VAULT}`,
      `access-${PROD}`,
      `member-${PROD}`,
      `access-${DEV}`,
      `member-${DEV}`,
    ]);
    for (const [stamp, spec] of specs) {
      const validate = ajv.compile(SPEC_SCHEMAS[spec.kind]);
      expect(validate(spec), `${stamp}: ${ajv.errorsText(validate.errors)}`).to.equal(true);
      expect(parseStampName(stamp)).to.deep.equal({ kind: spec.kind, accountId: spec.accountId });
    }
  });

  it("carry the settings of the account's environment", () => {
    const specs = specsFor(exampleFleet(), org);
    expect(specs.get(`member-${PROD}`)).to.deep.include({
      environment: "prod",
      regions: ["eu-central-1", "eu-west-1"],
      rotationDays: 30,
      retentionDays: 90,
      lockMode: "GOVERNANCE",
      keyDeletionDays: 30,
      watchReads: true,
      tags: { owner: "platform-security" },
    });
    expect(specs.get(`member-${DEV}`)).to.deep.include({
      environment: "dev",
      regions: ["eu-central-1"],
      rotationDays: 7,
      retentionDays: 35,
      keyDeletionDays: 7,
      secrets: { namePrefixes: ["app/", "shared/"], tags: { backup: "yes" } },
    });
  });

  it("let the stamper work in the account's Regions only, and in the vault account in the vault's too", () => {
    const fleet = fleetOf(edited(["recoveryRegion: eu-west-1", "recoveryRegion: eu-north-1"]));
    const regions = (id: string) => {
      const spec = specFor(fleet, org, `access-${id}`);
      return spec.kind === "access" ? spec.regions : [];
    };
    expect(regions(DEV)).to.deep.equal(["eu-central-1"]);
    expect(regions(VAULT)).to.deep.equal(["eu-central-1", "eu-north-1"]);
  });

  it("keep the external id of the vault's functions apart from the stampers'", () => {
    const specs = specsFor(smallFleet(), org);
    const vault =
      specs.get(`vault-${VAULT}`)!.kind === "vault" ? specs.get(`vault-${VAULT}`)! : undefined;
    const ids = [...specs.values()].map(({ kind, externalId }) => [kind, externalId]);
    for (const [kind, id] of ids) {
      expect(id).to.equal(kind === "access" ? smallFleet().service.externalId : vault!.externalId);
    }
    expect(vault!.externalId).to.not.equal(smallFleet().service.externalId);
  });

  it("exist for accounts that have left the fleet, so that their stamps can be retired", () => {
    const fleet = fleetOf(
      edited(
        ["    all: true\nenv", "    organizationalUnits: [workloads/prod]\nenv"],
        ["      all: true\n    regions", "      organizationalUnits: [nowhere]\n    regions"],
      ),
    );
    const spec = specFor(fleet, org, `member-${DEV}`);
    expect(ajv.validate(SPEC_SCHEMAS.member, spec)).to.equal(true);
    expect(spec).to.deep.include({ environment: "none", regions: ["eu-central-1", "eu-west-1"] });
  });

  it("refuse an unknown account and a second vault", () => {
    expect(thrown(() => specFor(smallFleet(), org, "member-999999999999")).code).to.equal(
      "PLAN_UNKNOWN_ACCOUNT",
    );
    expect(thrown(() => specFor(smallFleet(), org, `vault-${PROD}`)).code).to.equal(
      "STACK_NOT_FOUND",
    );
  });
});

describe("The way into an account", () => {
  const roles = (fleet: Fleet, kind: "access" | "vault" | "member", id: string) =>
    connectionFor(fleet, kind, id).assumeRoles.map(({ roleArn, externalId, durationSeconds }) => [
      roleArn,
      externalId,
      durationSeconds,
    ]);
  const stamper = (id: string) => `arn:aws:iam::${id}:role/strongroom/strongroom-stamper`;
  const { externalId } = exampleFleet().service;

  it("leads through the stamper, with the external id, for everything but access", () => {
    expect(roles(exampleFleet(), "member", PROD)).to.deep.equal([
      [stamper(PROD), externalId, 3600],
    ]);
    expect(roles(exampleFleet(), "vault", VAULT)).to.deep.equal([
      [stamper(VAULT), externalId, 3600],
    ]);
  });

  it("leads through the management account to the bootstrap role for access, the service's own account included", () => {
    const through = `arn:aws:iam::${MANAGEMENT}:role/strongroom/strongroom-bootstrap`;
    for (const id of [PROD, DELEGATED]) {
      expect(roles(exampleFleet(), "access", id)).to.deep.equal([
        [through, undefined, 3600],
        [`arn:aws:iam::${id}:role/OrganizationAccountAccessRole`, undefined, 3600],
      ]);
    }
    expect(roles(exampleFleet(), "access", MANAGEMENT)).to.deep.equal([[through, undefined, 3600]]);
  });

  it("may go straight to the bootstrap role, under another name, in another partition", () => {
    const fleet = fleetOf(
      edited(
        ["arn:aws:", "arn:aws-us-gov:"],
        ["vault:", "access: { bootstrapRole: admin/break-glass }\nvault:"],
        ["primaryRegion: eu-central-1", "primaryRegion: us-gov-west-1"],
        ["recoveryRegion: eu-west-1", "recoveryRegion: us-gov-east-1"],
        ["[eu-central-1, eu-west-1]", "[us-gov-west-1]"],
        ["[eu-central-1]", "[us-gov-west-1]"],
      ),
    );
    expect(roles(fleet, "access", PROD)).to.deep.equal([
      [`arn:aws-us-gov:iam::${PROD}:role/admin/break-glass`, undefined, 3600],
    ]);
    expect(roles(fleet, "member", PROD)[0]![0]).to.equal(
      stamper(PROD).replace("aws", "aws-us-gov"),
    );
  });

  it("fits its schema", () => {
    for (const kind of ["access", "vault", "member"] as const) {
      const connection = connectionFor(exampleFleet(), kind, VAULT, { s3UsePathStyle: true });
      expect(ajv.validate(Connection, connection)).to.equal(true);
      expect(connection.s3UsePathStyle).to.equal(true);
    }
  });
});
