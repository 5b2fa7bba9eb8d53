import fc from "fast-check";

import { identitiesOf } from "../../policies/model/identities";
import { reachableRoles } from "../../policies/model/role-chains";
import { Stack, type ResourceInput } from "../../policies/model/stack";
import { mayBeAllowed, speaksOf, type RawDocument, type RawStatement } from "./iam-reference";
import { conditionHolds, listOf, type Context } from "./iam-reference-conditions";

type Principal = "*" | Readonly<Record<string, string | readonly string[]>>;
export type TrustStatement = RawStatement & {
  readonly Principal?: Principal;
  readonly NotPrincipal?: Principal;
};

/** Who wants to become another role of the account: what it may do, and whom the other trusts. */
export interface TrustCase {
  readonly identity: RawDocument;
  readonly trust: { readonly Version: string; readonly Statement: readonly TrustStatement[] };
}

const ACCOUNT = "111122223333";
const CALLER = `arn:aws:iam::${ACCOUNT}:role/a`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/b`;
const ACTION = "sts:AssumeRole";
const CONTEXTS: readonly Context[] = [
  {},
  { "sts:externalid": "x" },
  { "sts:externalid": "y" },
  { "sts:externalid": "*" },
].map((context): Context => ({ "aws:principalarn": CALLER, ...context }));

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const NAMES = [
  CALLER,
  `arn:aws:sts::${ACCOUNT}:assumed-role/a/session`,
  `arn:aws:iam::${ACCOUNT}:root`,
  ACCOUNT,
  `arn:aws:iam::${ACCOUNT}:role/c`,
  `arn:aws:iam::${ACCOUNT}:user/a`,
  "arn:aws:iam::444455556666:role/a",
  "444455556666",
];
const principal: fc.Arbitrary<Principal> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Principal>("*") },
  { weight: 1, arbitrary: fc.constant<Principal>({ Service: "example.amazonaws.com" }) },
  {
    weight: 8,
    arbitrary: fc
      .array(some(...NAMES, "*"), { minLength: 1, maxLength: 2 })
      .map((names): Principal => ({ AWS: names })),
  },
);
const actions = some<string | readonly string[]>(
  ACTION,
  "sts:*",
  "STS:Assume?ole",
  ["sts:TagSession", "sts:Assume*"],
  "sts:TagSession",
  "*",
);
const quantified = (operator: string): fc.Arbitrary<string> =>
  some(operator, operator, `${operator}IfExists`, `ForAllValues:${operator}`);
const aboutCaller = fc
  .tuple(
    some(
      "ArnEquals",
      "ArnLike",
      "ArnNotLike",
      "StringEquals",
      "StringNotEquals",
      "StringLike",
    ).chain(quantified),
    some(CALLER, `arn:aws:iam::*:role/*`, `arn:aws:iam::${ACCOUNT}:role/c`, "*"),
  )
  .map(([operator, value]) => ({ [operator]: { "aws:PrincipalArn": value } }));
const aboutRequest = fc
  .tuple(some("StringEquals", "StringNotEquals", "StringLike").chain(quantified), some("x", "*"))
  .map(([operator, value]) => ({ [operator]: { "sts:ExternalId": value } }));

const statement: fc.Arbitrary<TrustStatement> = fc
  .record({
    deny: fc.integer({ min: 0, max: 3 }),
    exclusion: fc.integer({ min: 0, max: 7 }),
    principal,
    actions,
    condition: fc.option(fc.oneof(aboutCaller, aboutRequest)),
  })
  .map(({ deny, exclusion, principal: who, actions: what, condition }) => ({
    Effect: deny === 0 ? ("Deny" as const) : ("Allow" as const),
    ...(exclusion === 0 ? { NotPrincipal: who } : { Principal: who }),
    Action: what,
    // What a Deny takes away under a condition on the caller is left to it: the judge counts Denies without condition.
    ...(condition === null || (deny === 0 && "aws:PrincipalArn" in Object.values(condition)[0]!)
      ? {}
      : { Condition: condition }),
  }));

const identity: fc.Arbitrary<RawStatement> = fc
  .record({
    deny: fc.integer({ min: 0, max: 3 }),
    actions,
    on: some(ROLE, `arn:aws:iam::${ACCOUNT}:role/*`, "*", `arn:aws:iam::${ACCOUNT}:role/c`),
  })
  .map(({ deny, actions: what, on }) => ({
    Effect: deny === 0 ? ("Deny" as const) : ("Allow" as const),
    Action: what,
    Resource: on,
  }));

const documentOf = <T>(statements: fc.Arbitrary<T>) =>
  fc
    .array(statements, { minLength: 1, maxLength: 3 })
    .map((list) => ({ Version: "2012-10-17", Statement: list }));

/** Random trust policies, and policies of who wants to assume the role. */
export const trustCases: fc.Arbitrary<TrustCase> = fc.record({
  identity: documentOf(identity),
  trust: documentOf(statement),
});

const named = (who: Principal, names: readonly string[]): boolean =>
  who === "*" || listOf(who["AWS"] ?? []).some((one) => one === "*" || names.includes(one));
const ITSELF = [CALLER, `arn:aws:sts::${ACCOUNT}:assumed-role/a/session`];
const ACCOUNTS = [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`];

/** The slow answer: may the caller become the role in some context? */
function mayAssume({ identity: policy, trust }: TrustCase): boolean {
  const speaking = (effect: string): TrustStatement[] =>
    trust.Statement.filter(
      (it) => it.Effect === effect && speaksOf({ ...it, Resource: "*" }, ACTION, ROLE, undefined),
    );
  const holds = ({ Condition = {} }: TrustStatement, context: Context): boolean =>
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => conditionHolds(operator, key, values, context)),
    );
  const shut = speaking("Deny").some((it) => {
    if (!CONTEXTS.every((context) => holds(it, context))) return false;
    return it.NotPrincipal === undefined
      ? named(it.Principal ?? {}, [...ITSELF, ...ACCOUNTS])
      : !named(it.NotPrincipal, [...ITSELF, ...ACCOUNTS]);
  });
  const denied = !mayBeAllowed([ALLOWING, policy], undefined, ACTION, ROLE, [{}]) || shut;
  if (denied) return false;
  const allowed = mayBeAllowed([policy], undefined, ACTION, ROLE, [{}]);
  return speaking("Allow")
    .filter((it) => CONTEXTS.some((context) => holds(it, context)))
    .some((it) => {
      if (it.NotPrincipal !== undefined) return !named(it.NotPrincipal, ITSELF);
      const who = it.Principal ?? {};
      return named(who, ITSELF) || (allowed && named(who, ACCOUNTS));
    });
}
const ALLOWING: RawDocument = {
  Statement: [{ Effect: "Allow", Action: ACTION, Resource: ROLE }],
};

/** Where the judge and the slow answer do not agree about who becomes a role; empty where they do. */
export function trustDisagreements(given: TrustCase): string[] {
  const role = (name: string, trust: object, more: ResourceInput["props"] = {}): ResourceInput => ({
    type: "aws:iam/role:Role",
    name,
    urn: `urn:pulumi:member-${ACCOUNT}::strongroom::aws:iam/role:Role::${name}`,
    props: { name, assumeRolePolicy: JSON.stringify(trust), ...more },
  });
  const nobody = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action: "*" }],
  };
  const stack = new Stack([
    role("a", nobody, { inlinePolicies: [{ name: "p", policy: JSON.stringify(given.identity) }] }),
    role("b", given.trust),
  ]);
  const from = identitiesOf(stack).find(({ resource }) => resource.name === "a");
  if (from === undefined) return ["The judge does not see the caller"];
  const actual = reachableRoles(stack, from).some(({ resource }) => resource.name === "b");
  const expected = mayAssume(given);
  return actual === expected ? [] : [`b by a: the judge says ${actual}, the reference ${expected}`];
}
