"""Who may manage a function, who may have it called, and whose rights read its queue.

Calls: `lambda:CreateFunction`, `lambda:CreateEventSourceMapping`, `lambda:AddPermission` and others. MiniStack checks the
first on `*`, takes reading, changing or deleting an event source mapping for other actions or for none, and knows neither
`lambda:FunctionArn` nor `lambda:Principal`. A rule of EventBridge calls any function; a queue is read for a function
whatever its role may do. AWS documents actions, resources and keys in the Service Authorization Reference ("Actions,
resources, and condition keys for AWS Lambda"), refuses an event source whose queue the function's role may not read, and
delivers a rule's event only where the function's own policy lets that rule in, else to the dead-letter queue (Lambda
developer guide, "Using Lambda with Amazon SQS" and "Resource-based policies").
"""

import json
import logging

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import eventbridge, iam, lambda_svc

from ministack_support import requests

NAME = "function-calls"

logger = logging.getLogger("ministack.strongroom")

MAPPINGS = {"GET": "GetEventSourceMapping", "PUT": "UpdateEventSourceMapping", "DELETE": "DeleteEventSourceMapping"}
CONCURRENCY = {"PUT": "PutFunctionConcurrency", "GET": "GetFunctionConcurrency",
               "DELETE": "DeleteFunctionConcurrency"}
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def install():
    _name_actions()
    requests.resource_resolvers["lambda"] = _resource
    requests.context_providers.append(_keys)
    _check_sources()
    _check_rules()


def _name_actions():
    original = iam_actions._lambda_action

    def action(method, path):
        parts = [part for part in path.split("/") if part]
        if "event-source-mappings" in parts[:-1]:
            return MAPPINGS.get(method)
        if parts[-1:] == ["concurrency"]:
            return CONCURRENCY.get(method)
        return original(method, path)

    iam_actions._lambda_action = action


def _function_arn(name, request):
    if name.startswith("arn:"):
        return ":".join(name.split(":")[:7])
    return f"arn:aws:lambda:{request.region}:{request.account}:function:{name}"


def _resource(request):
    if request.operation == "CreateFunction" and request.json.get("FunctionName"):
        return _function_arn(request.json["FunctionName"], request)
    return None


def _keys(request, action, _):
    if request.service != "lambda" or action != request.action:
        return {}
    keys = {}
    if request.operation.endswith("EventSourceMapping"):
        name = request.json.get("FunctionName")
        if not name:
            mapping = lambda_svc._esms.get(request.path.rstrip("/").rpartition("/")[2]) or {}
            name = mapping.get("FunctionArn") or mapping.get("FunctionName")
        if name:
            keys["lambda:FunctionArn"] = _function_arn(name, request)
    if request.operation == "AddPermission" and request.json.get("Principal"):
        keys["lambda:Principal"] = request.json["Principal"]
    return keys


def _check_sources():
    create, run = lambda_svc._create_esm, lambda_svc._run_sqs_batch

    def create_esm(data):
        source = data.get("EventSourceArn") or ""
        func, config, _ = lambda_svc._get_func_record_for_ref(data.get("FunctionName") or "")
        if func is not None and config and ":sqs:" in source:
            missing = _not_allowed(config, source)
            if missing:
                return error_response_json(
                    "InvalidParameterValueException", "The function execution role does not have permissions to call "
                    f"{missing.partition(':')[2]} on SQS", 400)
        return create(data)

    def run_sqs_batch(esm, func_rec, event, batch, queue_url, queue_name):
        missing = _not_allowed(func_rec.get("config") or func_rec, esm.get("EventSourceArn") or "")
        if missing:
            # The messages come back when their visibility timeout is over, as when nobody had received them.
            esm["LastProcessingResult"] = f"PROBLEM: the execution role may not call {missing}"
            logger.warning("the role of %s may not call %s", esm.get("FunctionName"), missing)
            return None
        return run(esm, func_rec, event, batch, queue_url, queue_name)

    lambda_svc._create_esm = create_esm
    lambda_svc._run_sqs_batch = run_sqs_batch


def _not_allowed(config, queue_arn):
    """The first action that the function's role lacks on the queue, or None."""
    account, region = get_account_id(), get_region()
    name = str(config.get("Role", "")).rpartition("/")[2]
    if iam._roles.get_scoped(account, None, name) is None:
        return "sts:AssumeRole"
    for action in QUEUE_ACTIONS:
        ctx = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/lambda", principal_type="AssumedRole",
            principal_account=account, action=action, resource_arn=queue_arn, region=region, service_context={})
        allowed = iam_evaluator.evaluate(ctx, iam_evaluator._gather_role_policies(name, account),
                                         *iam_evaluator._permissions_boundary(iam._roles, name, account))
        if allowed.decision != "Allow":
            return action
    return None


def _check_rules():
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if ":lambda:" in arn and not _lets_in(arn, rule):
            logger.warning("EventBridge: %s has no permission to call %s", rule.get("Arn"), arn)
            from ministack_support.gaps import api_events

            api_events._to_dead_letter_queue(target, event, rule, "NO_PERMISSIONS")
            return None
        return invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def _lets_in(function_arn, rule):
    """Whether the function's own policy has a statement for EventBridge that fits the rule and its account."""
    func, _, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if func is None:
        return True
    policy = func.get("policy") or {}
    account = get_account_id()
    for statement in policy.get("Statement", []):
        principal = statement.get("Principal")
        if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
            continue
        if principal.get("Service") != "events.amazonaws.com":
            continue
        condition = json.dumps(statement.get("Condition") or {})
        ctx = iam_evaluator.EvalContext(
            principal_arn="events.amazonaws.com", principal_type="Service", principal_account=account,
            action="lambda:InvokeFunction", resource_arn=function_arn, region=get_region(),
            service_context={"aws:sourcearn": rule.get("Arn"), "aws:sourceaccount": account})
        if condition == "{}" or iam_evaluator._conditions_met(statement.get("Condition"), ctx):
            return True
    return False
