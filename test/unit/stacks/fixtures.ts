import { readFileSync } from "node:fs";
import path from "node:path";

import type { Account, Organization } from "../../../stacks/accounts";
import type { Fleet } from "../../../stacks/fleet";
import { parseFleetFile } from "../../../stacks/fleet-file";

/** Tests run from dist/test/unit/stacks. */
export const projectRoot = path.resolve(__dirname, "../../../..");
export const exampleText = readFileSync(
  path.join(projectRoot, "stacks/fleet.example.yaml"),
  "utf8",
);

export const MANAGEMENT = "100000000001";
export const DELEGATED = "100000000002";
export const VAULT = "100000000003";

export function account(
  id: string,
  units = "workloads/prod",
  more: Partial<Account> = {},
): Account {
  const organizationalUnitPath = units === "" ? [] : units.split("/");
  return {
    id,
    name: `account ${id}`,
    status: "ACTIVE",
    organizationalUnitPath,
    organizationalUnitIds: organizationalUnitPath.map(
      (_, index) =>
        `ou-root-${organizationalUnitPath
          .slice(0, index + 1)
          .join("")
          .padEnd(8, "0")
          .slice(0, 24)}`,
    ),
    tags: {},
    isManagementAccount: false,
    ...more,
  };
}

export function organization(accounts: readonly Account[]): Organization {
  return {
    id: "o-strongroom01",
    managementAccountId: MANAGEMENT,
    accounts: [
      account(MANAGEMENT, "", { isManagementAccount: true }),
      account(DELEGATED, "security"),
      account(VAULT, "security"),
      ...accounts,
    ],
    discoveredAt: "2026-01-01T00:00:00.000Z",
  };
}

/** A small valid fleet file; `extra` is added at the end, `replace` exchanges lines. */
export const smallText = `version: 1
organization:
  id: o-strongroom01
service:
  role: arn:aws:iam::${DELEGATED}:role/strongroom/strongroom-service
  externalId: 0123456789abcdef0123456789abcdef
vault:
  account: "${VAULT}"
  primaryRegion: eu-central-1
  recoveryRegion: eu-west-1
  retentionDays: 35
  lockMode: GOVERNANCE
selection:
  include:
    all: true
environments:
  prod:
    match:
      organizationalUnits: [workloads/prod]
    regions: [eu-central-1, eu-west-1]
  dev:
    match:
      all: true
    regions: [eu-central-1]
`;

/** The small file with some of its text exchanged; throws when there is nothing to exchange. */
export function edited(...edits: readonly [from: string, to: string][]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nothing to exchange: ${from}`);
    return text.replace(from, to);
  }, smallText);
}

export const fleetOf = (text: string): Fleet => parseFleetFile(text, "fleet.yaml");
export const exampleFleet = (): Fleet => fleetOf(exampleText);
export const smallFleet = (): Fleet => fleetOf(smallText);
