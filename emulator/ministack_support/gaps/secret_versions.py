"""A version of a secret is what it was.

Calls: `secretsmanager:PutSecretValue` with the token of a version that is there; the times in all answers. MiniStack writes
over the version, and tells whole seconds. AWS ignores the same value under the same token and refuses another one with
ResourceExistsException (API reference, PutSecretValue, ClientRequestToken), and tells milliseconds.
"""

from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager

NAME = "secret-versions"


def install():
    _keep_versions()
    _tell_milliseconds()


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


def _tell_milliseconds():
    # The module writes every time as `int(time.time())`.
    secretsmanager.int = lambda value: round(value, 3) if isinstance(value, float) else int(value)
