"""The condition keys that guard the making of roles.

Call: `iam:CreateRole` under a policy with `StringEquals: {"iam:PermissionsBoundary": ARN}`. MiniStack has no
`iam:PermissionsBoundary`, `iam:PolicyARN`, `iam:PassedToService`, `aws:ResourceTag` in a boundary, or `kms:CallerAccount`,
so such a statement never matches: an Allow refuses everything, a Deny with `StringNotEquals` refuses everything too. AWS
documents them in the Service Authorization Reference ("Condition keys for AWS IAM" and "for AWS KMS").
"""

from ministack.core import iam_evaluator
from ministack.services import iam, kms
from ministack.services.tagging import resource_tags

from ministack_support import requests

NAME = "role-conditions"

# For these, the boundary that counts is the one in the request; for the others that know the key, the target's own.
SETS_BOUNDARY = frozenset({
    "CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary"})
KNOWS_BOUNDARY = SETS_BOUNDARY | {
    "AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy", "DeleteRolePermissionsBoundary",
    "AttachUserPolicy", "DetachUserPolicy", "PutUserPolicy", "DeleteUserPolicy", "DeleteUserPermissionsBoundary"}
POLICY_CALLS = frozenset({"AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy"})


def install():
    requests.context_providers.extend([_iam_keys, _kms_keys])
    requests.lazy_keys.update({
        "aws:resourcetag/": _resource_tag, "iam:resourcetag/": _resource_tag,
        "secretsmanager:resourcetag/": _resource_tag, "kms:resourcealiases": _resource_aliases,
    })
    _forget_the_narrow_look()


def _iam_keys(request, action, _):
    if request.service != "iam" or action != request.action:
        return {}
    keys = {}
    if request.operation in KNOWS_BOUNDARY:
        boundary = _boundary(request)
        if boundary:
            keys["iam:PermissionsBoundary"] = boundary
    if request.operation in POLICY_CALLS:
        keys["iam:PolicyARN"] = request.parameter("PolicyArn")
    return keys


def _boundary(request):
    if request.operation in SETS_BOUNDARY:
        return request.parameter("PermissionsBoundary")
    role = iam._roles.get(request.parameter("RoleName") or "")
    user = iam._users.get(request.parameter("UserName") or "")
    return ((role or user) or {}).get("PermissionsBoundary")


def _kms_keys(request, action, resource_arn):
    if not action.startswith("kms:"):
        return {}
    keys = {"kms:CallerAccount": request.account}
    record = kms._resolve_key(resource_arn) if resource_arn.startswith("arn:") else None
    if record:
        keys["kms:MultiRegion"] = str(bool(record.get("MultiRegion"))).lower()
        keys["kms:KeyOrigin"] = record.get("Origin", "AWS_KMS")
    if request.service != "kms":
        return keys
    if request.operation == "CreateKey":
        keys["kms:MultiRegion"] = str(bool(request.json.get("MultiRegion"))).lower()
    if named := request.parameter("KeyId"):
        if "alias/" in str(named):
            keys["kms:RequestAlias"] = "alias/" + str(named).partition("alias/")[2]
    if region := request.parameter("ReplicaRegion"):
        keys["kms:ReplicaRegion"] = region
    if days := request.parameter("PendingWindowInDays"):
        keys["kms:ScheduleKeyDeletionPendingWindowInDays"] = str(days)
    encryption_context = request.json.get("EncryptionContext") or {}
    for name, value in encryption_context.items():
        keys[f"kms:EncryptionContext:{name}"] = value
    if encryption_context:
        keys["kms:EncryptionContextKeys"] = list(encryption_context)
    return keys


def _resource_tag(name, ctx):
    """A tag of the resource, for whichever policy asks: MiniStack looks for the key in the identity's only."""
    if not ctx.resource_arn.startswith("arn:"):
        return None
    tags = resource_tags(ctx.resource_arn) or {}
    return next((value for tag, value in tags.items() if tag.lower() == name.lower()), None)


def _resource_aliases(_, ctx):
    record = kms._resolve_key(ctx.resource_arn) if ctx.resource_arn.startswith("arn:") else None
    if record is None:
        return None
    return ["alias/" + arn.partition(":alias/")[2] for arn, key_id in kms._aliases.items()
            if key_id == record["KeyId"]]


def _forget_the_narrow_look():
    # With the tags resolved when asked for, the evaluator's own look at them is work done twice.
    iam_evaluator._names_condition_key = lambda policies, prefix: False
