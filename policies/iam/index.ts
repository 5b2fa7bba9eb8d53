/**
 * The judge of IAM policies: pure functions over policy documents. What rules need, by question:
 *
 * - What does the document say? {@link parseDocument}.
 * - Does an action exist, what does a pattern cover, can it be narrowed? {@link findAction}, {@link expandAction},
 *   {@link narrowing}, {@link findConditionKey}.
 * - What may an identity do, all its policies, denies and its boundary together? {@link Permissions}.
 * - Does a condition restrict anything? {@link isRestricted}, {@link restrictsNothing}, {@link effectOf}.
 * - Who is let in? {@link exposuresOf}, {@link federationGuard}.
 * - How could more permissions be had? {@link escalationsOf}.
 *
 * The policies of one identity are joined over the resources of a stack by `identitiesOf` of policies/model/identities,
 * and the roles that it can become by `reachableRoles` of policies/model/role-chains.
 */
export {
  belongsTo,
  expandAction,
  findAction,
  findConditionKey,
  isService,
  supportsKey,
  TABLE_DATE,
  TABLE_SOURCE,
  type AccessLevel,
  type Action,
  type KeyType,
  type ResourceType,
} from "./action-table";
export { canNarrow, narrowing } from "./actions";
export { accountOf, isAccountRoot, isKeyArn, parseArn, withoutPartition } from "./arn";
export {
  alwaysHolds,
  effectOf,
  effectOfAll,
  restrictsNothing,
  type ConditionEffect,
} from "./condition-effect";
export {
  demandedValues,
  demands,
  demandsFlag,
  demandsOrganization,
  isRestricted,
  restrictsCaller,
} from "./conditions";
export {
  parseDocument,
  type Condition,
  type Document,
  type Principals,
  type Statement,
} from "./document";
export { escalationsOf, type Controlled, type Escalation } from "./escalation";
export { ESCALATION_PATHS, type EscalationPath } from "./escalation-paths";
export { exposuresOf, federationGuard, type Exposure, type Owner } from "./exposure";
export { globCovers, globMatches, globsOverlap, isOpen, isStarLike } from "./patterns";
export { Permissions, type Grant, type PolicySet, type SourcedStatement } from "./permissions";
export { reachOfRegion, regionHas, type Region } from "./region";
export {
  allowsAction,
  isEveryAction,
  isEveryActionOfService,
  namesAction,
  reachOf,
  reachOfStatement,
  type Reach,
} from "./statements";
