"""A call into another account needs that account's resource to let the caller in.

Calls: `kms:Decrypt`, `lambda:InvokeFunction`, `secretsmanager:GetSecretValue`, `sqs:SendMessage`, `s3:GetObject` and
`events:PutEvents` on the ARN of a resource of another account. MiniStack looks for the resource, and for its policy, in
the caller's account alone: what is not there has no policy, so the caller's own permissions suffice, and the call goes on
to find nothing (or, with PutEvents, to put the event on the other account's bus). AWS asks both: the caller's policies and
the policy of the resource (IAM user guide, "Cross-account policy evaluation logic").
"""

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, s3

NAME = "other-accounts"

SERVICES = frozenset({"kms", "lambda", "secretsmanager", "sqs", "s3", "events"})


def install():
    original = iam_evaluator._resource_policy

    def resource_policy(service, resource_arn):
        owner = _owner(service, resource_arn)
        if owner in (None, get_account_id()):
            return original(service, resource_arn)
        with request_scope(owner, resource_arn.split(":")[3] or get_region()):
            if service == "events":
                bus = resource_arn.rpartition("event-bus/")[2]
                return eventbridge._event_bus_policies.get(bus) or "", owner
            # What is not there lets nobody in: whether it exists is nobody's business.
            return original(service, resource_arn) or ("", owner)

    iam_evaluator._resource_policy = resource_policy


def _owner(service, resource_arn):
    """The account of the resource, or None where it has none or its service is not asked."""
    if service not in SERVICES or not resource_arn.startswith("arn:"):
        return None
    if service == "s3":
        return s3._bucket_owner_account(resource_arn.split(":")[5].split("/", 1)[0])
    account = resource_arn.split(":")[4]
    return account if account.isdigit() else None
