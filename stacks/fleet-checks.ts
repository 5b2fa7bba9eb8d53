import { didYouMean } from "./did-you-mean";
import { DEFAULTS } from "./fleet";
import type { CriteriaFile, FleetFile, SettingsFile } from "./fleet-schema";
import { isWithin, shown } from "./fleet-problems";
import { partitionOf } from "./naming";
import { ANY_TIME, longestGap, WEEKDAYS } from "./rotation";
import { pointerTo } from "./yaml-places";

/** A mistake that no single key shows. */
export interface CrossProblem {
  readonly pointer: string;
  readonly message: string;
}

/** Something that the schema found wrong already. */
export interface Broken {
  readonly pointer: string;
  /** A group or list is missing or is something else, so that nothing in it can be looked at. */
  readonly structural: boolean;
}

/**
 * The mistakes between keys. Checks run even when other parts of the file are wrong, so that everything is reported at
 * once: a check is left out only where what it needs is not there, or is wrong itself.
 */
export function crossProblems(file: FleetFile, broken: readonly Broken[]): CrossProblem[] {
  const usable = (need: string) =>
    !broken.some(
      ({ pointer, structural }) =>
        isWithin(need, pointer) || (structural && isWithin(pointer, need)),
    );
  const checks: [needs: readonly string[], check: (file: FleetFile) => CrossProblem[]][] = [
    [["/vault/primaryRegion", "/vault/recoveryRegion"], vaultRegions],
    [["/vault/account", "/organization/managementAccount"], vaultIsNotManagement],
    [["/vault/primaryRegion", "/service/role"], partitionOfService],
    [["/access/through/role", "/organization/managementAccount"], throughManagement],
    [["/selection/include"], included],
    [["/selection"], includedAndExcluded],
    [["/environments", "/defaults"], environmentsAreWhole],
    [
      ["/environments", "/defaults", "/vault/retentionDays", "/vault/lockMode"],
      neverWeakerThanVault,
    ],
    [["/environments", "/defaults", "/vault/primaryRegion"], onePartition],
    [["/environments", "/defaults"], windowsWithinRotation],
    [["/waves"], waves],
    [["/drift", "/environments"], repairedEnvironments],
  ];
  return checks
    .filter(([needs]) => needs.every(usable))
    .flatMap(([, check]) => check(file))
    .filter(({ pointer }) => !broken.some((wrong) => isWithin(pointer, wrong.pointer)));
}

const isEmpty = (match: CriteriaFile) =>
  match.all !== true &&
  (match.organizationalUnits ?? []).length === 0 &&
  (match.tags ?? []).length === 0 &&
  (match.accounts ?? []).length === 0;

/** Every place of the file where settings may stand. */
function settingsOf(file: FleetFile): { pointer: string; settings: SettingsFile }[] {
  const shared = file.defaults?.settings;
  return [
    ...(shared === undefined ? [] : [{ pointer: "/defaults/settings", settings: shared }]),
    ...Object.entries(file.environments).map(([name, settings]) => ({
      pointer: pointerTo("/environments", name),
      settings,
    })),
  ];
}

function vaultRegions({ vault }: FleetFile): CrossProblem[] {
  if (vault.primaryRegion === vault.recoveryRegion) {
    return [
      {
        pointer: "/vault/recoveryRegion",
        message: `${shown(vault.recoveryRegion)} is the primary Region too; a copy must be in another one`,
      },
    ];
  }
  if (partitionOf(vault.primaryRegion) === partitionOf(vault.recoveryRegion)) return [];
  return [
    {
      pointer: "/vault/recoveryRegion",
      message: `${shown(vault.recoveryRegion)} is in another AWS partition than ${shown(vault.primaryRegion)}; no account spans two`,
    },
  ];
}

function vaultIsNotManagement({ vault, organization }: FleetFile): CrossProblem[] {
  if (vault.account !== organization.managementAccount) return [];
  return [
    {
      pointer: "/vault/account",
      message: `${shown(vault.account)} is the management account; service control policies cannot protect a vault there`,
    },
  ];
}

function partitionOfService({ vault, service }: FleetFile): CrossProblem[] {
  const partition = service.role.split(":")[1] ?? "";
  if (partition === partitionOf(vault.primaryRegion)) return [];
  return [
    {
      pointer: "/service/role",
      message: `the role is in the AWS partition "${partition}", the vault in "${partitionOf(vault.primaryRegion)}"`,
    },
  ];
}

function throughManagement({ access, organization }: FleetFile): CrossProblem[] {
  const role = access?.through?.role;
  const management = organization.managementAccount;
  if (role === undefined || management === undefined || role.split(":")[4] === management)
    return [];
  return [
    {
      pointer: "/access/through/role",
      message: `the role is in account ${role.split(":")[4] ?? ""}, not in the management account ${management}, which alone the bootstrap roles trust`,
    },
  ];
}

function included({ selection }: FleetFile): CrossProblem[] {
  if (!isEmpty(selection.include)) return [];
  return [
    {
      pointer: "/selection/include",
      message: "selects no account: give organizationalUnits, tags, accounts or all: true",
    },
  ];
}

function includedAndExcluded({ selection }: FleetFile): CrossProblem[] {
  const included = selection.include.accounts ?? [];
  return (selection.exclude?.accounts ?? []).flatMap((account, index) =>
    included.includes(account)
      ? [
          {
            pointer: pointerTo("/selection/exclude/accounts", index),
            message: `${shown(account)} is included by id as well; take it out of one of the two`,
          },
        ]
      : [],
  );
}

function environmentsAreWhole({ environments, defaults }: FleetFile): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const names = Object.keys(environments);
  const otherwise = defaults?.environment;
  if (otherwise !== undefined && !names.includes(otherwise)) {
    const meant = didYouMean(otherwise, names);
    problems.push({
      pointer: "/defaults/environment",
      message: `there is no environment ${shown(otherwise)}; ${meant === undefined ? `there are ${names.join(", ")}` : `did you mean "${meant}"?`}`,
    });
  }
  let catchAll: string | undefined;
  for (const [name, environment] of Object.entries(environments)) {
    const pointer = pointerTo("/environments", name);
    if (environment.regions === undefined && defaults?.settings?.regions === undefined) {
      problems.push({
        pointer,
        message: `"regions" is missing: give it here or under defaults.settings, nobody can guess where secrets live`,
      });
    }
    if (catchAll !== undefined) {
      problems.push({
        pointer,
        message: `is never reached: "${catchAll}" above it matches every account`,
      });
    } else if (environment.match.all === true) {
      catchAll = name;
    }
    // Nothing to match is fine for the environment that takes whatever is left.
    if (isEmpty(environment.match) && name !== otherwise) {
      problems.push({
        pointer: `${pointer}/match`,
        message: "matches no account: give organizationalUnits, tags, accounts or all: true",
      });
    }
  }
  return problems;
}

function neverWeakerThanVault(file: FleetFile): CrossProblem[] {
  const { vault } = file;
  return settingsOf(file).flatMap(({ pointer, settings }) => {
    const problems: CrossProblem[] = [];
    if (settings.retentionDays !== undefined && settings.retentionDays < vault.retentionDays) {
      problems.push({
        pointer: `${pointer}/retentionDays`,
        message: `${settings.retentionDays} days is less than the vault's ${vault.retentionDays}; an environment may only keep longer`,
      });
    }
    if (settings.lockMode === "GOVERNANCE" && vault.lockMode === "COMPLIANCE") {
      problems.push({
        pointer: `${pointer}/lockMode`,
        message:
          "GOVERNANCE is weaker than the vault's COMPLIANCE; an environment may only lock harder",
      });
    }
    return problems;
  });
}

function onePartition(file: FleetFile): CrossProblem[] {
  const partition = partitionOf(file.vault.primaryRegion);
  return settingsOf(file).flatMap(({ pointer, settings }) =>
    (settings.regions ?? []).flatMap((region, index) =>
      typeof region !== "string" || partitionOf(region) === partition
        ? []
        : [
            {
              pointer: pointerTo(`${pointer}/regions`, index),
              message: `${shown(region)} is in another AWS partition than the vault; no organization spans two`,
            },
          ],
    ),
  );
}

/** A secret cannot be rotated more often than a window opens. */
function windowsWithinRotation(file: FleetFile): CrossProblem[] {
  const shared = file.defaults?.settings;
  return Object.entries(file.environments).flatMap(([name, own]) => {
    const rotation = own.rotation ?? shared?.rotation;
    if (rotation === undefined) return [];
    const days = rotation.window?.days ?? WEEKDAYS;
    const rotationDays =
      own.rotationDays ??
      shared?.rotationDays ??
      (name === "dev" ? DEFAULTS.devRotationDays : DEFAULTS.rotationDays);
    const gap = longestGap({ ...ANY_TIME, days });
    if (gap <= rotationDays) return [];
    return [
      {
        pointer: pointerTo("/environments", name),
        message: `secrets are to be rotated every ${rotationDays} days, but the window of rotation opens ${gap} days apart; give it more days`,
      },
    ];
  });
}

function repairedEnvironments({ drift, environments }: FleetFile): CrossProblem[] {
  const names = Object.keys(environments);
  return (drift?.repair ?? []).flatMap((name, index) => {
    if (names.includes(name)) return [];
    const meant = didYouMean(name, names);
    return [
      {
        pointer: pointerTo("/drift/repair", index),
        message: `there is no environment ${shown(name)}; ${meant === undefined ? `there are ${names.join(", ")}` : `did you mean "${meant}"?`}`,
      },
    ];
  });
}

function waves({ waves = [] }: FleetFile): CrossProblem[] {
  const problems: CrossProblem[] = [];
  const seen = new Set(["rest"]);
  let shares = 0;
  waves.forEach((wave, index) => {
    const pointer = pointerTo("/waves", index);
    if (seen.has(wave.name)) {
      problems.push({
        pointer: `${pointer}/name`,
        message:
          wave.name === "rest"
            ? `"rest" is the wave of the accounts left over; take another name`
            : `there is a wave ${shown(wave.name)} already`,
      });
    }
    seen.add(wave.name);
    if ((wave.match === undefined) === (wave.share === undefined)) {
      problems.push({ pointer, message: "give either match or share" });
    } else if (wave.match !== undefined && isEmpty(wave.match)) {
      problems.push({
        pointer: `${pointer}/match`,
        message: "matches no account: give organizationalUnits, tags, accounts or all: true",
      });
    }
    const before = shares;
    shares += typeof wave.share === "number" ? wave.share : 0;
    if (before <= 100 && shares > 100) {
      problems.push({
        pointer: `${pointer}/share`,
        message: `the shares come to ${shares} percent here; together they may not be more than 100`,
      });
    }
  });
  return problems;
}
