"""API calls become events, and events reach the buses of other accounts.

Call: any of Secrets Manager or KMS, with a rule for `AWS API Call via CloudTrail` on the account's default bus. MiniStack
records the call for `LookupEvents` and sends nothing; a rule in the state `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`
never matches; a target in another account or Region gets nothing. AWS sends management events of both services to the
default bus, read-only ones to rules in that state alone, refused calls with their `errorCode`, and delivers to another
account's bus with the target's role when that bus's policy allows it, else to the dead-letter queue (EventBridge user
guide, "AWS service events delivered via CloudTrail" and "Sending events between accounts").
"""

import json
import logging
import time

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, iam

from ministack_support import requests
from ministack_support.gaps.principals import role_arn_of

NAME = "api-events"

logger = logging.getLogger("ministack.strongroom")

SERVICES = frozenset({"secretsmanager", "kms"})
READING = ("Get", "List", "Describe", "BatchGet")
READING_KMS = frozenset({"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncrypt",
                         "GenerateRandom", "Sign", "Verify", "GenerateMac", "VerifyMac"})
# What CloudTrail shows of a request. A list of what may be shown, so that no new parameter can carry a value along.
SHOWN = ("SecretId", "Name", "ClientRequestToken", "Description", "KmsKeyId", "VersionId", "VersionStage",
         "VersionStages", "MoveToVersionId", "RemoveFromVersionId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery",
         "RotationLambdaARN", "RotationRules", "AddReplicaRegions", "RemoveReplicaRegions", "TagKeys", "KeyId",
         "AliasName", "TargetKeyId", "PendingWindowInDays", "ReplicaRegion", "MultiRegion", "KeySpec", "KeyUsage",
         "GranteePrincipal", "Operations", "EncryptionContext")
EVERY_EVENT = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def install():
    eventbridge._dispatch_event = _dispatch_event
    eventbridge._dispatch_to_event_bus = _dispatch_to_event_bus
    original = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query_params, request_id):
        requests.current.set(None)
        response = await original(method, path, headers, body, query_params, request_id)
        request = requests.current.get()
        if request is not None and request.service in SERVICES:
            try:
                _send(request, response, request_id)
            except Exception:
                logger.exception("the event of %s was lost", request.action)
        return response

    app._dispatch_service_request = dispatch


def _send(request, response, request_id):
    rules = [rule for rule in eventbridge._rules.values() if rule.get("EventBusName", "default") == "default"]
    if not rules:
        return
    status, _, body = response
    answer = _parsed(body)
    reading = request.operation.startswith(READING) or (
        request.service == "kms" and request.operation in READING_KMS)
    detail = {
        "eventVersion": "1.11",
        "userIdentity": _identity(extract_access_key_id(request.headers, request.query)),
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": f"{request.service}.amazonaws.com",
        "eventName": request.operation,
        "awsRegion": request.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": request.headers.get("user-agent", ""),
        "requestParameters": {_camel(name): request.json[name] for name in SHOWN if name in request.json} or None,
        "responseElements": None if reading or status != 200 else _shown_response(answer),
        "requestID": request_id,
        "eventID": new_uuid(),
        "readOnly": reading,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": request.account,
        "eventCategory": "Management",
    }
    if status != 200:
        detail["errorCode"] = str(answer.get("__type", "Unknown")).rpartition("#")[2]
        detail["errorMessage"] = str(answer.get("message") or answer.get("Message") or "")
    eventbridge._dispatch_event({
        "EventId": new_uuid(),
        "Source": f"aws.{request.service}",
        "DetailType": "AWS API Call via CloudTrail",
        "Detail": json.dumps(detail),
        "EventBusName": "default",
        "Time": int(time.time()),
        "Resources": [],
        "Account": request.account,
        "Region": request.region,
        "_ReadOnly": reading,
    })


def _parsed(body):
    try:
        parsed = json.loads(body or b"{}")
        return parsed if isinstance(parsed, dict) else {}
    except (ValueError, TypeError):
        return {}


def _shown_response(answer):
    shown = {"arn": answer.get("ARN"), "name": answer.get("Name"), "versionId": answer.get("VersionId"),
             "deletionDate": answer.get("DeletionDate"), "keyId": answer.get("KeyId")}
    return {name: value for name, value in shown.items() if value is not None} or None


def _camel(name):
    return name[0].lower() + name[1:]


def _identity(access_key_id):
    caller = iam_evaluator.resolve_caller_identity(access_key_id or "") or {}
    arn = caller.get("userArn", "")
    account = caller.get("accountId", get_account_id())
    identity = {"principalId": caller.get("userId", ""), "arn": arn, "accountId": account,
                "accessKeyId": access_key_id or ""}
    if ":assumed-role/" in arn:
        role = role_arn_of(arn)
        return {"type": "AssumedRole", **identity, "sessionContext": {"sessionIssuer": {
            "type": "Role", "principalId": str(identity["principalId"]).split(":")[0], "arn": role,
            "accountId": account, "userName": role.rpartition("/")[2]}}}
    if ":user/" in arn:
        return {"type": "IAMUser", **identity, "userName": arn.rpartition("/")[2]}
    return {"type": "Root", **identity}


def _dispatch_event(event, view=None):
    """MiniStack's own walk over the rules, with the state that also takes read-only events."""
    bus = event.get("EventBusName", "default")
    path = set(event.get("_DispatchPath") or [])
    view = view or eventbridge._pattern_event_view(event)
    for key, rule in eventbridge._rules.items():
        if rule.get("EventBusName", "default") != bus or key in path or not rule.get("EventPattern"):
            continue
        state = rule.get("State")
        if state != EVERY_EVENT and (state != "ENABLED" or event.get("_ReadOnly")):
            continue
        if eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {key}"):
            for target in eventbridge._targets.get(key, []):
                eventbridge._invoke_target(target, {**event, "_Target": target}, rule, view)


def _dispatch_to_event_bus(spec, event, rule, event_path, target_input_payload=None):
    target = event.get("_Target") or {}
    bus = spec.resource.split("/", 1)[1] if "/" in spec.resource else spec.resource
    source_rule = eventbridge._rule_key(rule.get("Name"), rule.get("EventBusName", "default"))
    refused = _refusal(spec, bus, target, rule)
    if refused:
        logger.warning("EventBridge: %s not delivered to %s: %s", rule.get("Arn"), spec, refused)
        _to_dead_letter_queue(target, event, rule, refused)
        return
    if source_rule in event_path:
        return
    forwarded = {**event, "EventBusName": bus, "_DispatchPath": [*event_path, source_rule]}
    # A bus is no default bus of CloudTrail: what arrives here is an event like any other.
    forwarded.pop("_ReadOnly", None)
    forwarded.pop("_Target", None)
    if target_input_payload is not None:
        forwarded["Detail"] = target_input_payload
    with request_scope(spec.account_id, spec.region):
        _dispatch_event(forwarded)
        archived = dict(forwarded)
        archived.pop("_DispatchPath", None)
        eventbridge._archive_event(archived)


def _refusal(spec, bus, target, rule):
    """Why a target's bus does not get the event, or None."""
    arn = str(spec)
    with request_scope(spec.account_id, spec.region):
        if bus == "default":
            eventbridge._ensure_default_bus()
        if bus not in eventbridge._event_buses:
            return "RESOURCE_NOT_FOUND"
        policy = eventbridge._event_bus_policies.get(bus)
    own = spec.account_id == get_account_id() and spec.region == get_region()
    role_arn = target.get("RoleArn") or rule.get("RoleArn")
    if not role_arn:
        return None if own else "NO_PERMISSIONS"
    account = get_account_id()
    role = iam._roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    if role is None or role["Arn"] != role_arn or not _trusts_events(role):
        return "NO_PERMISSIONS"
    name = role["RoleName"]
    ctx = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/events", principal_type="AssumedRole",
        principal_account=account, action="events:PutEvents", resource_arn=arn, region=spec.region,
        service_context={"aws:sourcearn": rule.get("Arn"), "aws:sourceaccount": account})
    allowed = iam_evaluator.evaluate(
        ctx, iam_evaluator._gather_role_policies(name, account),
        *iam_evaluator._permissions_boundary(iam._roles, name, account))
    if allowed.decision != "Allow":
        return "NO_PERMISSIONS"
    bus_says = iam_evaluator.evaluate_resource_policy(policy, ctx).decision if policy else "ImplicitDeny"
    if bus_says == "Deny" or (spec.account_id != account and bus_says != "Allow"):
        return "NO_PERMISSIONS"
    return None


def _trusts_events(role):
    trust = role.get("AssumeRolePolicyDocument") or "{}"
    trust = json.loads(trust) if isinstance(trust, str) else trust
    statements = trust.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement.get("Effect") == "Allow" and "events.amazonaws.com" in (
                [services] if isinstance(services, str) else services):
            return True
    return False


def _to_dead_letter_queue(target, event, rule, reason):
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not arn:
        return
    payload = json.dumps(eventbridge._pattern_event_view(event).event_with_detail())
    from ministack.services import sqs

    queue = sqs._queue_by_arn(arn)
    if not queue:
        return
    eventbridge._dispatch_to_sqs(parse_arn(arn), payload)
    queue["messages"][-1]["message_attributes"] = {
        name: {"DataType": "String", "StringValue": value} for name, value in (
            ("RULE_ARN", rule.get("Arn", "")), ("TARGET_ARN", target.get("Arn", "")), ("ERROR_CODE", reason))}
