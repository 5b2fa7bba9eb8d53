"""CreateSecret does all it is asked for.

Call: `secretsmanager:CreateSecret` with `AddReplicaRegions`, with `ClientRequestToken`, or without a value. MiniStack makes
no replica, draws another version id, and makes a version that holds nothing. AWS replicates at once, takes the token as the
version's id (the same token again with the same value is the same call), and makes no version without a value. For replicas
the caller needs `secretsmanager:ReplicateSecretToRegions` too, for tags `secretsmanager:TagResource` (API reference,
CreateSecret); MiniStack asks for neither.
"""

import json

from ministack.services import secretsmanager

from ministack_support import requests

NAME = "new-secrets"


def install():
    original = secretsmanager._create_secret

    def create_secret(data):
        repeated = _same_call(data)
        if repeated:
            return repeated
        response = original(data)
        if response[0] != 200:
            return response
        secret = secretsmanager._secrets[data["Name"]]
        answer = json.loads(response[2])
        (drawn, version), = secret["Versions"].items()
        if data.get("SecretString") is None and data.get("SecretBinary") is None:
            secret["Versions"] = {}
            answer.pop("VersionId", None)
        elif data.get("ClientRequestToken"):
            secret["Versions"] = {data["ClientRequestToken"]: version}
            answer["VersionId"] = data["ClientRequestToken"]
        if data.get("AddReplicaRegions"):
            replicated = secretsmanager._replicate_secret_to_regions({
                "SecretId": data["Name"],
                "AddReplicaRegions": data["AddReplicaRegions"],
                "ForceOverwriteReplicaSecret": data.get("ForceOverwriteReplicaSecret", False),
            })
            if replicated[0] != 200:
                secretsmanager._secrets.pop(data["Name"])
                return replicated
            answer["ReplicationStatus"] = json.loads(replicated[2])["ReplicationStatus"]
        return response[0], response[1], json.dumps(answer).encode()

    secretsmanager._create_secret = create_secret
    requests.further_checks.append(_further_permissions)


def _further_permissions(request, resource_arn):
    if request.action != "secretsmanager:CreateSecret":
        return
    tags = {tag["Key"]: tag.get("Value", "") for tag in request.json.get("Tags") or []}
    if tags:
        keys = {f"aws:RequestTag/{name}": value for name, value in tags.items()}
        yield "secretsmanager", "secretsmanager:TagResource", resource_arn, {**keys, "aws:TagKeys": list(tags)}
    if request.json.get("AddReplicaRegions"):
        yield "secretsmanager", "secretsmanager:ReplicateSecretToRegions", resource_arn, {}


def _same_call(data):
    token = data.get("ClientRequestToken")
    secret = secretsmanager._secrets.get(data.get("Name") or "")
    version = (secret or {}).get("Versions", {}).get(token) if token else None
    if not version or secret.get("DeletedDate"):
        return None
    same = (version.get("SecretString") == data.get("SecretString")
            and version.get("SecretBinary") == data.get("SecretBinary"))
    if not same:
        return None
    return secretsmanager.json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token})
