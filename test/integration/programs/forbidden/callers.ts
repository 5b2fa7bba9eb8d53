import { mustCallAsRoot } from "../../../../emulator/calls";
import { sessionForService } from "../../../../emulator/decisions";
import { assumeRole, type Credentials } from "../../../../emulator/identity";
import { NAMES, roleArn } from "../../../../stacks/naming";
import type { World } from "../world";

import type { Twin, Who } from "./model";

/** An account that is in no organization. */
export const STRANGER = "999900001111";

export interface Caller {
  /** Of the role, as IAM's record names it. */
  readonly arn: string;
  readonly credentials: Credentials;
  /** The account whose root it is. */
  readonly root?: string;
}

/** Gives each caller's session; it is taken once. */
export type Callers = (who: Who | Twin["by"]) => Promise<Caller>;

export function callersOf(world: World): Callers {
  const taken = new Map<string, Promise<Caller>>();
  return (who) => {
    const caller = taken.get(who) ?? take(world, who);
    taken.set(who, caller);
    return caller;
  };
}

async function take(world: World, who: Who | Twin["by"]): Promise<Caller> {
  const { endpoint } = world.emulator;
  const { backup, sweep, restore, drill, rotate } = NAMES.functionRoles;
  const ofService = async (accountId: string, name: string): Promise<Caller> => {
    const arn = roleArn(accountId, name);
    return { arn, credentials: await sessionForService(endpoint, arn) };
  };
  const stamper = async (accountId: string): Promise<Caller> => ({
    arn: roleArn(accountId, NAMES.stamperRole),
    credentials: await world.stamper(accountId),
  });
  /** Through the function that may have the role, as in the real work. */
  const inMember = async (name: string, by: string): Promise<Caller> => {
    const arn = roleArn(world.memberId, name);
    const { credentials } = await ofService(world.vaultId, by);
    const { externalId } = world.member();
    return {
      arn,
      credentials: await assumeRole(endpoint, credentials, {
        region: world.region,
        roleArn: arn,
        externalId,
      }),
    };
  };
  const root = (accountId: string): Caller => ({
    arn: `arn:aws:iam::${accountId}:root`,
    credentials: world.emulator.credentialsOf(accountId),
    root: accountId,
  });
  switch (who) {
    case "root of the member":
      return root(world.memberId);
    case "root of the vault":
      return root(world.vaultId);
    case "the stamper of the member":
      return stamper(world.memberId);
    case "the stamper of the vault":
      return stamper(world.vaultId);
    case "the reader":
      return inMember(NAMES.readerRole, backup);
    case "the restorer":
      return inMember(NAMES.restorerRole, restore);
    case "the forwarder":
      return ofService(world.memberId, NAMES.forwarderRole);
    case "the backup function":
      return ofService(world.vaultId, backup);
    case "the sweep function":
      return ofService(world.vaultId, sweep);
    case "the restore function":
      return ofService(world.vaultId, restore);
    case "the drill function":
      return ofService(world.vaultId, drill);
    case "the rotate function":
      return ofService(world.vaultId, rotate);
    case "the rotation function":
      return ofService(world.memberId, NAMES.rotationFunction);
    case "the enroller":
      return inMember(NAMES.enrollerRole, rotate);
    case "the replication":
      return ofService(world.vaultId, NAMES.replicationRole);
    case "the operator":
      return {
        arn: roleArn(world.vaultId, NAMES.operatorRole),
        credentials: await world.operator(),
      };
    case "the service":
      return { arn: world.emulator.organization.serviceRoleArn, credentials: world.service };
    case "an administrator of the member":
      return administrator(world, world.memberId, "administrator");
    case "a stranger":
      return administrator(world, STRANGER, NAMES.forwarderRole);
  }
}

/** A role with every right that an account can give. */
async function administrator(world: World, accountId: string, name: string): Promise<Caller> {
  const { endpoint } = world.emulator;
  const root = (operation: string, parameters: Readonly<Record<string, unknown>>) =>
    mustCallAsRoot(endpoint, {
      accountId,
      region: world.region,
      service: "iam",
      operation,
      parameters: { RoleName: name, ...parameters },
    });
  const everything = { Effect: "Allow", Action: "*", Resource: "*" };
  const trust = {
    Effect: "Allow",
    Principal: { Service: "ec2.amazonaws.com" },
    Action: "sts:AssumeRole",
  };
  const document = (statement: object) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await root("CreateRole", {
    Path: NAMES.iamPath,
    AssumeRolePolicyDocument: document(trust),
  });
  await root("PutRolePolicy", {
    PolicyName: "everything",
    PolicyDocument: document(everything),
  });
  const arn = roleArn(accountId, name);
  return { arn, credentials: await sessionForService(endpoint, arn) };
}
