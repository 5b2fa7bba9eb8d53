import { boundaryPolicy } from "../../../programs/iam/boundary";
import { replicationPolicy } from "../../../programs/iam/buckets";
import { functionPolicies, operatorPolicy } from "../../../programs/iam/functions";
import { forwarderPolicy, readerPolicy, restorerPolicy } from "../../../programs/iam/member-roles";
import type { PolicyDocument } from "../../../programs/iam/document";
import { enrollerPolicy, rotationPolicy } from "../../../programs/iam/rotation-roles";
import { stamperPolicies } from "../../../programs/iam/stamper";
import { NAMES } from "../../../stacks/naming";
import type { StampedRole } from "../../support/used-permissions";
import type { World } from "./world";

/** Every role that the stamps of a vault and a member make, with what it is allowed. */
export function stampedRoles(world: World): StampedRole[] {
  const inAccount = (accountId: string) => {
    const place = { accountId, partition: "aws" };
    const access = world.access(accountId);
    const boundary = boundaryPolicy(access, place);
    const role = (name: string, documents: readonly PolicyDocument[]): StampedRole => ({
      accountId,
      name,
      documents,
      boundary,
    });
    return {
      place,
      role,
      stamper: role(NAMES.stamperRole, Object.values(stamperPolicies(access, place))),
    };
  };
  const vault = inAccount(world.vaultId);
  const member = inAccount(world.memberId);
  const vaultSpec = world.vault();
  const memberSpec = world.member();
  return [
    vault.stamper,
    member.stamper,
    ...Object.entries(functionPolicies(vaultSpec, vault.place)).map(([name, document]) =>
      vault.role(NAMES.functionRoles[name as keyof typeof NAMES.functionRoles], [document]),
    ),
    vault.role(NAMES.operatorRole, [operatorPolicy(vaultSpec, vault.place)]),
    vault.role(NAMES.replicationRole, [replicationPolicy(vaultSpec, vault.place)]),
    member.role(NAMES.readerRole, [readerPolicy(memberSpec, member.place)]),
    member.role(NAMES.restorerRole, [restorerPolicy(memberSpec, member.place)]),
    member.role(NAMES.rotationFunction, [rotationPolicy(memberSpec, member.place)]),
    member.role(NAMES.enrollerRole, [enrollerPolicy(memberSpec, member.place)]),
    member.role(NAMES.forwarderRole, [forwarderPolicy(memberSpec, member.place)]),
  ];
}
