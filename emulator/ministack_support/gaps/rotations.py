"""A rotation is what its function does.

Calls: `secretsmanager:RotateSecret`, `CancelRotateSecret`, and what `DescribeSecret` and `ListSecrets` tell of a rotation.
MiniStack makes a copy of the value the current version and calls nobody, or, told not to rotate at once, does the same; it
knows no `CancelRotateSecret`, and tells no time of a rotation. AWS makes a pending version without a value and calls the
function that the secret names for `createSecret`, `setSecret`, `testSecret` and `finishSecret`, one after the other, with
that version as the token; it calls `testSecret` alone where it is told not to rotate at once, with a pending version that
it takes away again; it refuses to start beside a pending version of another token, a function whose policy does not let it
in, and a caller who may not invoke the function; it tells when the secret was rotated and when it will be (user guide,
"Lambda rotation functions"; API reference, RotateSecret and CancelRotateSecret). `secretsmanager:resource/AllowRotationLambdaArn`
is in the context of calls on a secret (Service Authorization Reference).
"""

import contextvars
import json
import logging
import threading
import time

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.services import lambda_svc, secretsmanager

from ministack_support import requests

NAME = "rotations"

logger = logging.getLogger("ministack.strongroom")

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
DAY = 86400
PRINCIPAL = "secretsmanager.amazonaws.com"


def install():
    _rotate()
    _cancel()
    _tell_times()
    requests.further_checks.append(_function_of_rotation)
    requests.context_providers.append(_function_of_secret)


def _rotate():
    original = secretsmanager._rotate_secret

    def rotate_secret(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        if not secret or secret.get("DeletedDate") or secretsmanager._is_replica(secret):
            return original(data)
        arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
        if not arn:
            return error_response_json("InvalidRequestException",
                                       "No Lambda rotation function ARN is associated with this secret.", 400)
        at_once = data.get("RotateImmediately", True)
        func, _, _ = lambda_svc._get_func_record_for_ref(arn)
        if func is None and at_once:
            return error_response_json("ResourceNotFoundException", "Lambda does not exist.", 404)
        if func is not None and not _lets_in(func, arn):
            return error_response_json(
                "AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. Ensure that the "
                f"function policy grants access to the principal {PRINCIPAL}.", 400)
        token = data.get("ClientRequestToken") or new_uuid()
        if at_once and _pending(secret) not in (None, token):
            return error_response_json(
                "InvalidRequestException",
                "A previous rotation isn't complete. That rotation will be reattempted.", 400)
        if not secret.get("RotationEnabled"):
            secret["_RotationSince"] = _now()
        secret["RotationLambdaARN"] = arn
        secret["RotationRules"] = data.get("RotationRules") or secret.get("RotationRules")
        secret["RotationEnabled"] = True
        answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
        if at_once:
            answer["VersionId"] = token
            secret["Versions"].setdefault(token, _version(None, None))
            _in_background(_all_steps, secret, arn, token)
        elif func is not None:
            _in_background(_try_function, secret, arn, new_uuid())
        return json_response(answer)

    secretsmanager._rotate_secret = rotate_secret


def _now():
    return round(time.time(), 3)


def _version(text, binary):
    return {"SecretString": text, "SecretBinary": binary, "CreatedDate": _now(), "Stages": ["AWSPENDING"]}


def _pending(secret):
    """The version that a rotation is under way to, if there is one."""
    version_id, version = secretsmanager._find_stage_version(secret, "AWSPENDING")
    return None if version is None or "AWSCURRENT" in version["Stages"] else version_id


def _in_background(work, *arguments):
    threading.Thread(target=contextvars.copy_context().run, args=(work, *arguments), daemon=True).start()


def _all_steps(secret, arn, token):
    for step in STEPS:
        if not _call(secret, arn, token, step):
            return
    secret["LastRotatedDate"] = _now()


def _try_function(secret, arn, token):
    _, current = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    if current is None or _pending(secret):
        return
    secret["Versions"][token] = _version(current["SecretString"], current["SecretBinary"])
    try:
        _call(secret, arn, token, "testSecret")
    finally:
        secret["Versions"].pop(token, None)


def _call(secret, arn, token, step):
    func, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if func is None:
        return False
    event = {"Step": step, "SecretId": secret["ARN"], "ClientRequestToken": token}
    result = lambda_svc._execute_function_with_config_scope(
        lambda_svc._execution_record_for_config(func, config), event)
    if result.get("error"):
        logger.warning("the step %s of %s failed", step, secret["ARN"])
    return not result.get("error")


def _lets_in(func, arn):
    """Whether the function's own policy lets Secrets Manager call it for this account."""
    for statement in (func.get("policy") or {}).get("Statement", []):
        principal = statement.get("Principal")
        if statement.get("Effect") != "Allow" or not isinstance(principal, dict) or principal.get("Service") != PRINCIPAL:
            continue
        ctx = iam_evaluator.EvalContext(
            principal_arn=PRINCIPAL, principal_type="Service", principal_account=get_account_id(),
            action="lambda:InvokeFunction", resource_arn=arn, region=get_region(),
            service_context={"aws:sourceaccount": get_account_id()})
        if not statement.get("Condition") or iam_evaluator._conditions_met(statement["Condition"], ctx):
            return True
    return False


def _cancel():
    original = secretsmanager.handle_request

    async def handle_request(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").endswith(".CancelRotateSecret"):
            return _cancel_rotate_secret(json.loads(body or b"{}"))
        return await original(method, path, headers, body, query_params)

    secretsmanager.handle_request = handle_request


def _cancel_rotate_secret(data):
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret:
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    if secret.get("DeletedDate") or secretsmanager._is_replica(secret):
        return error_response_json("InvalidRequestException", "You can't perform this operation on the secret.", 400)
    secret["RotationEnabled"] = False
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})


def _tell_times():
    describe, list_all = secretsmanager._describe_secret, secretsmanager._list_secrets

    def describe_secret(data):
        response = describe(data)
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        return response if response[0] != 200 else _amended(response, lambda answer: answer.update(_told(secret)))

    def list_secrets(data):
        def amend(answer):
            for entry in answer.get("SecretList", []):
                secret = secretsmanager._secrets.get(entry["Name"]) or {}
                entry.update(_told(secret))

        response = list_all(data)
        return response if response[0] != 200 else _amended(response, amend)

    secretsmanager._describe_secret = describe_secret
    secretsmanager._list_secrets = list_secrets


def _amended(response, amend):
    answer = json.loads(response[2])
    amend(answer)
    return response[0], response[1], json.dumps(answer).encode()


def _told(secret):
    told = {name: secret[name] for name in ("RotationLambdaARN", "RotationRules", "LastRotatedDate") if secret.get(name)}
    days = (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays")
    since = secret.get("LastRotatedDate") or secret.get("_RotationSince")
    if secret.get("RotationEnabled") and days and since:
        told["NextRotationDate"] = since + days * DAY
    return told


def _function_of_rotation(request, _):
    if request.service == "secretsmanager" and request.operation == "RotateSecret":
        _, secret = secretsmanager._resolve(request.parameter("SecretId"))
        if arn := request.parameter("RotationLambdaARN") or (secret or {}).get("RotationLambdaARN"):
            yield "lambda", "lambda:InvokeFunction", arn, {}


def _function_of_secret(request, action, _):
    if request.service != "secretsmanager" or not action.startswith("secretsmanager:"):
        return {}
    _, secret = secretsmanager._resolve(request.parameter("SecretId") or "")
    arn = (secret or {}).get("RotationLambdaARN")
    return {"secretsmanager:resource/AllowRotationLambdaArn": arn} if arn else {}
