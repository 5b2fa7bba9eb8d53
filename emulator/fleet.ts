import { stringify } from "yaml";

import type { EmulatedOrganization } from "./start";

/** Asked for by the stampers of the demo. A demo's external id may be known; a real one is made with `openssl rand -hex 24`. */
export const DEMO_EXTERNAL_ID = "strongroom-demo-stamper-5d77c1aa42b96e30";

/** The fleet file that fits the seeded organization, as YAML text; its shape is checked in `stacks/fleet-file.ts`. */
export function demoFleet(organization: EmulatedOrganization): string {
  const { region, recoveryRegion } = organization;
  const fleet = {
    version: 1,
    organization: {
      id: organization.id,
      managementAccount: organization.managementAccountId,
    },
    service: { role: organization.serviceRoleArn, externalId: DEMO_EXTERNAL_ID },
    access: {
      bootstrapRole: "OrganizationAccountAccessRole",
      through: {
        role: organization.bootstrapRoleArn,
        externalId: organization.bootstrapExternalId,
      },
    },
    vault: {
      account: organization.vaultAccountId,
      primaryRegion: region,
      recoveryRegion,
      retentionDays: 35,
      lockMode: "GOVERNANCE",
    },
    selection: {
      include: {
        organizationalUnits: ["security", "infrastructure", "workloads", "sandbox", "suspended"],
      },
    },
    defaults: { environment: "shared", settings: { regions: [region, recoveryRegion] } },
    environments: {
      prod: {
        match: { organizationalUnits: ["workloads/prod", "infrastructure"] },
        rotationDays: 30,
        retentionDays: 90,
        watchReads: true,
      },
      staging: { match: { organizationalUnits: ["workloads/staging"] }, rotationDays: 14 },
      dev: {
        match: { organizationalUnits: ["workloads/dev"] },
        regions: [region],
        rotationDays: 7,
        keyDeletionDays: 7,
      },
      sandbox: {
        match: { organizationalUnits: ["sandbox"] },
        regions: [region],
        rotationDays: 90,
        keyDeletionDays: 7,
      },
      shared: { match: {} },
    },
    waves: [{ name: "canary", match: { accounts: ["600000000023"] } }],
    tags: { owner: "platform-security" },
  };
  // Quoted texts keep the leading zeros of account ids.
  return stringify(fleet, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}
