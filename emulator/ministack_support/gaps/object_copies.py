"""S3 copies an object with the rights of the replication role.

Call: any write into a bucket with a replication configuration. MiniStack copies whatever the role may do. AWS reads the
version and writes the copy as the role, uses the source's key and the copy's through S3, and marks the object FAILED where
one of the permissions is missing (S3 user guide, "Setting up permissions for live replication" and "Replicating encrypted
objects"; tags are copied where it may, and left out where not).
"""

import logging

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import iam, s3

from ministack_support.gaps.request_resources import key_arn

NAME = "object-copies"

logger = logging.getLogger("ministack.strongroom")

BUCKET = ("s3:GetReplicationConfiguration", "s3:ListBucket")
VERSION = ("s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl")
LOCKED_VERSION = ("s3:GetObjectRetention", "s3:GetObjectLegalHold")


def install():
    original = s3._maybe_replicate

    def maybe_replicate(bucket_name, key, obj, data, tags=None):
        rule, role = s3._replication_rule_for(bucket_name, key, tags)
        missing = rule and _missing(bucket_name, key, rule, role)
        if missing:
            logger.warning("%s may not call %s: %s is not copied", role, missing, bucket_name)
            obj["replication_status"] = "FAILED"
            return None
        return original(bucket_name, key, obj, data, tags)

    s3._maybe_replicate = maybe_replicate


def _missing(bucket, key, rule, role):
    """The first action that the role lacks, or None."""
    source, destination = f"arn:aws:s3:::{bucket}", rule.get("Destination") or {}
    copy = destination.get("Bucket") or ""
    for action in BUCKET:
        if not _may(role, action, source):
            return action
    for action in VERSION + (LOCKED_VERSION if bucket in s3._bucket_object_lock else ()):
        if not _may(role, action, f"{source}/{key}"):
            return action
    if not _may(role, "s3:ReplicateObject", f"{copy}/{key}"):
        return "s3:ReplicateObject"
    default = {name.lower(): value for name, value in (s3._bucket_default_sse_headers(bucket) or {}).items()}
    used = key_arn(default.get("x-amz-server-side-encryption-aws-kms-key-id"), get_account_id(), get_region())
    if used and not _may_use(role, "kms:Decrypt", used, source):
        return "kms:Decrypt"
    replica_key = (destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if replica_key and not _may_use(role, "kms:Encrypt", replica_key, copy):
        return "kms:Encrypt"
    return None


def _may_use(role, action, used_key, bucket_arn):
    _, _, _, region, account, _ = used_key.split(":", 5)
    with request_scope(account, region):
        return _may(role, action, used_key, {"kms:viaservice": f"s3.{region}.amazonaws.com",
                                             "kms:encryptioncontext:aws:s3:arn": bucket_arn})


def _may(role, action, resource_arn, keys=None):
    account, name = role.split(":")[4], role.rpartition("/")[2]
    if iam._roles.get_scoped(account, None, name) is None:
        return False
    ctx = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/s3-replication", principal_type="AssumedRole",
        principal_account=account, action=action, resource_arn=resource_arn, region=get_region(),
        service_context=keys or {})
    result = iam_evaluator.evaluate(ctx, iam_evaluator._gather_role_policies(name, account),
                                    *iam_evaluator._permissions_boundary(iam._roles, name, account))
    service = action.partition(":")[0]
    found = iam_evaluator._resource_policy(service, resource_arn)
    if found is not None:
        result = iam_evaluator.combine_resource_policy(result, ctx, *found, required=service == "kms")
    return result.decision == "Allow"
