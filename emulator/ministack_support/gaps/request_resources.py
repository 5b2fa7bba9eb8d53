"""Calls are authorized against the ARN of the resource they are about.

Call: `iam:CreateRole` with `Path=/strongroom/`. MiniStack checks `role/NAME`, and `*` for `iam:CreatePolicy`,
`kms:CreateAlias`, `events:PutTargets` and others, so that a policy scoped as AWS wants it refuses its own work, and a
Deny on a path bites nobody. AWS documents the resource of each action in the Service Authorization Reference: roles and
policies with their path, keys by key ARN whatever the call names them by, alias calls on the alias and on its key, rules
of the default bus without the bus's name, a new secret with six characters after its name.
"""

from ministack.services import iam, kms

from ministack_support import requests

NAME = "request-resources"


def install():
    requests.resource_resolvers.update({
        "iam": _iam, "kms": _kms, "events": _events, "secretsmanager": _secrets_manager, "sns": _sns,
        "monitoring": _cloudwatch, "logs": _logs,
    })
    requests.further_checks.extend([_alias_checks, _alarm_checks])


def _iam(request):
    account = request.account
    path = request.parameter("Path") or "/"
    if name := request.parameter("RoleName"):
        role = iam._roles.get(name)
        return role["Arn"] if role else f"arn:aws:iam::{account}:role{path}{name}"
    if name := request.parameter("UserName"):
        user = iam._users.get(name)
        return user["Arn"] if user else f"arn:aws:iam::{account}:user{path}{name}"
    if name := request.parameter("PolicyName"):
        # Inline policies belong to a role or user, answered above; this is a managed one that is being made.
        return f"arn:aws:iam::{account}:policy{path}{name}"
    return None


def key_arn(key_id, account, region):
    """The ARN of a key named by id, ARN or alias, or None where there is no such key."""
    record = kms._resolve_key(key_id) if key_id else None
    if record:
        return record["Arn"]
    if isinstance(key_id, str) and ":key/" in key_id:
        return key_id
    if isinstance(key_id, str) and key_id and not key_id.startswith(("arn:", "alias/")):
        return f"arn:aws:kms:{region}:{account}:key/{key_id}"
    return None


def _kms(request):
    if request.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        return f"arn:aws:kms:{request.region}:{request.account}:{request.parameter('AliasName')}"
    return key_arn(request.parameter("KeyId"), request.account, request.region)


def _alias_checks(request, _):
    if request.service != "kms" or request.operation not in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        return
    target = request.parameter("TargetKeyId")
    named = [target] if target else []
    if request.operation != "CreateAlias":
        named.append(request.parameter("AliasName"))
    for key_id in named:
        arn = key_arn(key_id, request.account, request.region)
        if arn:
            yield "kms", request.action, arn, {}


def _events(request):
    base = f"arn:aws:events:{request.region}:{request.account}"
    operation = request.operation
    bus = str(request.parameter("EventBusName") or "default")
    bus = bus.rpartition("event-bus/")[2] or bus
    if operation == "PutEvents":
        return None
    if arn := request.parameter("ResourceARN"):
        return arn
    if operation.endswith(("EventBus", "EventBuses")):
        name = str(request.parameter("Name") or "default")
        return name if name.startswith("arn:") else f"{base}:event-bus/{name}"
    if operation in ("PutPermission", "RemovePermission"):
        return f"{base}:event-bus/{bus}"
    rule = request.parameter("Rule")
    if not rule and operation.endswith("Rule"):
        rule = request.parameter("Name")
    if rule:
        return f"{base}:rule/{rule}" if bus == "default" else f"{base}:rule/{bus}/{rule}"
    return None


def _secrets_manager(request):
    name = request.parameter("Name")
    if request.operation == "CreateSecret" and name:
        return f"arn:aws:secretsmanager:{request.region}:{request.account}:secret:{name}-000000"
    return None


def _sns(request):
    return request.parameter("ResourceArn") or None


def _cloudwatch(request):
    if request.operation == "DescribeAlarms":
        # Whatever names are asked for, CloudWatch checks the call against all alarms of the account.
        return f"arn:aws:cloudwatch:{request.region}:{request.account}:alarm:*"
    if request.operation == "DeleteAlarms" and (names := _alarm_names(request)):
        return names[0]
    return request.parameter("ResourceARN") or None


def _alarm_names(request):
    """The ARNs of the alarms that a form names: each is authorized by itself."""
    names = []
    while name := request.parameter(f"AlarmNames.member.{len(names) + 1}"):
        names.append(f"arn:aws:cloudwatch:{request.region}:{request.account}:alarm:{name}")
    return names


def _alarm_checks(request, _):
    if request.service == "monitoring" and request.operation == "DeleteAlarms":
        for arn in _alarm_names(request)[1:]:
            yield "monitoring", "cloudwatch:DeleteAlarms", arn, {}


def _logs(request):
    if prefix := request.parameter("logGroupNamePrefix"):
        return f"arn:aws:logs:{request.region}:{request.account}:log-group:{prefix}"
    return None


