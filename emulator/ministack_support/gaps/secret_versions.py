"""A version of a secret is what it was, and a rotation that is only set up changes none.

Calls: `secretsmanager:PutSecretValue` with the token of a version that is there; `secretsmanager:RotateSecret` with
`RotateImmediately` false; the times in all answers. MiniStack writes over the version, makes a new current version at once,
asks nobody about the function, and tells whole seconds. AWS ignores the same value under the same token and refuses another
one with ResourceExistsException (API reference, PutSecretValue, ClientRequestToken); waits for the schedule, and needs
`lambda:InvokeFunction` of the caller (API reference, RotateSecret); and tells milliseconds.
"""

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager

from ministack_support import requests

NAME = "secret-versions"


def install():
    _keep_versions()
    _set_rotation_up()
    _tell_milliseconds()
    requests.further_checks.append(_function_of_rotation)


def _keep_versions():
    original = secretsmanager._put_secret_value

    def put_secret_value(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        token = data.get("ClientRequestToken")
        version = (secret or {}).get("Versions", {}).get(token) if token else None
        if not version or secret.get("DeletedDate"):
            return original(data)
        value = (version.get("SecretString"), version.get("SecretBinary"))
        if value == (None, None):
            return original(data)
        if value != (data.get("SecretString"), data.get("SecretBinary")):
            return error_response_json("ResourceExistsException", "You can't modify an existing version of a secret.", 400)
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token,
                              "VersionStages": list(version["Stages"])})

    secretsmanager._put_secret_value = put_secret_value


def _set_rotation_up():
    original = secretsmanager._rotate_secret

    def rotate_secret(data):
        _, secret = secretsmanager._resolve(data.get("SecretId"))
        usable = secret and not secret.get("DeletedDate") and not secretsmanager._is_replica(secret)
        if not usable or data.get("RotateImmediately", True):
            return original(data)
        secret["RotationLambdaARN"] = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
        secret["RotationRules"] = data.get("RotationRules") or secret.get("RotationRules")
        secret["RotationEnabled"] = True
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})

    secretsmanager._rotate_secret = rotate_secret


def _function_of_rotation(request, _):
    if request.service == "secretsmanager" and request.operation == "RotateSecret":
        if arn := request.parameter("RotationLambdaARN"):
            yield "lambda", "lambda:InvokeFunction", arn, {}


def _tell_milliseconds():
    # The module writes every time as `int(time.time())`.
    secretsmanager.int = lambda value: round(value, 3) if isinstance(value, float) else int(value)
