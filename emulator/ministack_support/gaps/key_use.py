"""A service that encrypts with a customer's key needs the caller to be allowed to use the key.

Calls: `secretsmanager:GetSecretValue` and writes of values of a secret with `KmsKeyId`; `s3:GetObject` and `s3:PutObject`
in a bucket with default SSE-KMS. MiniStack asks nobody. AWS calls KMS with the caller's own permissions, with
`kms:ViaService` in the context (Secrets Manager user guide, "Secret encryption and decryption"; S3, "SSE-KMS").
"""

from ministack.services import s3, secretsmanager

from ministack_support import requests
from ministack_support.gaps.request_resources import key_arn

NAME = "key-use"

READS = frozenset({"GetSecretValue"})
WRITES = frozenset({"PutSecretValue", "UpdateSecret", "CreateSecret"})


def install():
    requests.further_checks.extend([_secret_keys, _bucket_keys])


def _secret_keys(request, resource_arn):
    if request.service != "secretsmanager" or request.operation not in READS | WRITES:
        return
    _, secret = secretsmanager._resolve(request.parameter("SecretId"))
    key_id = request.json.get("KmsKeyId") or (secret or {}).get("KmsKeyId")
    arn = key_arn(key_id, request.account, request.region)
    if arn is None or ":alias/aws/" in str(key_id):
        return
    keys = {"kms:ViaService": f"secretsmanager.{request.region}.amazonaws.com",
            "kms:EncryptionContext:SecretARN": (secret or {}).get("ARN", resource_arn),
            "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"]}
    actions = ["kms:Decrypt"] if request.operation in READS else ["kms:GenerateDataKey", "kms:Decrypt"]
    for action in actions:
        yield "kms", action, arn, keys


def _bucket_keys(request, _):
    if request.service != "s3" or request.operation not in ("GetObject", "GetObjectVersion", "PutObject"):
        return
    bucket = request.path.lstrip("/").split("/", 1)[0]
    default = {name.lower(): value for name, value in (s3._bucket_default_sse_headers(bucket) or {}).items()}
    prefix = "x-amz-server-side-encryption"
    asked = {name: request.headers[name] for name in (prefix, f"{prefix}-aws-kms-key-id") if name in request.headers}
    used = {**default, **asked} if request.operation == "PutObject" else default
    if used.get(prefix) != "aws:kms":
        return
    arn = key_arn(used.get(f"{prefix}-aws-kms-key-id"), request.account, request.region)
    if arn is None:
        return
    action = "kms:GenerateDataKey" if request.operation == "PutObject" else "kms:Decrypt"
    yield "kms", action, arn, {"kms:ViaService": f"s3.{request.region}.amazonaws.com",
                               "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}
