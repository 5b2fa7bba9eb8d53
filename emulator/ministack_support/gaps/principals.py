"""Who the caller is, in condition keys and in `Principal` elements.

Calls: any with `aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`, `aws:ResourceOrgID` or `aws:PrincipalArn` in a policy, and
any resource or trust policy that names a role. MiniStack finds an organization for its management account only; gives
the session's ARN as `aws:PrincipalArn`, where AWS gives the role's; and takes a role by its last name, so that a
principal with the wrong path is let in, where AWS refuses to store such a policy.
"""

from ministack.core import iam_evaluator
from ministack.services import iam

from ministack_support.membership import organization_id_of, organization_path_of

NAME = "principals"


def install():
    iam_evaluator._principal_org_id = organization_id_of
    _resolve_keys()
    _match_role_paths()


def _resolve_keys():
    original = iam_evaluator._resolve_condition_key

    def resolve(key, ctx):
        name = key.lower()
        if name == "aws:principalarn":
            return role_arn_of(ctx.principal_arn)
        if name == "aws:principalorgpaths":
            path = organization_path_of(ctx.principal_account)
            return None if path is None else [path]
        if name == "aws:resourceorgid":
            return organization_id_of(iam_evaluator._account_from_arn(ctx.resource_arn) or ctx.principal_account)
        if name == "aws:principalisawsservice":
            return "false"
        return original(key, ctx)

    iam_evaluator._resolve_condition_key = resolve


def role_arn_of(arn):
    """The IAM ARN of the role behind a session's ARN, with its path; any other ARN as it is."""
    if ":assumed-role/" not in arn:
        return arn
    account = arn.split(":")[4]
    name = arn.split(":assumed-role/", 1)[1].split("/", 1)[0]
    role = iam._roles.get_scoped(account, None, name)
    return role["Arn"] if role else f"arn:aws:iam::{account}:role/{name}"


def _match_role_paths():
    original = iam_evaluator._principal_matches

    def matches(principal, caller_arn):
        if isinstance(principal, dict) and ":assumed-role/" in caller_arn:
            named = principal.get("AWS", [])
            named = [named] if isinstance(named, str) else named
            own = role_arn_of(caller_arn)
            kept = [p for p in named if ":role/" not in p or p == own]
            principal = {**principal, "AWS": kept}
        return original(principal, caller_arn)

    iam_evaluator._principal_matches = matches
