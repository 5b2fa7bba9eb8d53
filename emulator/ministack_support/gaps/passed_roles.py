"""Handing a role to a service needs `iam:PassRole` on it.

Calls: `events:PutTargets` with a `RoleArn`, `s3:PutReplicationConfiguration`, `lambda:CreateFunction` and others.
MiniStack takes any role. AWS demands `iam:PassRole` on the role, with `iam:PassedToService` in the context (IAM user
guide, "Grant a user permissions to pass a role to an AWS service").
"""

import re

from ministack_support import requests

NAME = "passed-roles"


def install():
    requests.further_checks.append(_check)


def _check(request, _):
    for role, service in _passed(request):
        yield "iam", "iam:PassRole", role, {"iam:PassedToService": service,
                                            "iam:AssociatedResourceArn": ""}


def _passed(request):
    if request.service == "events" and request.operation == "PutTargets":
        for target in request.json.get("Targets") or []:
            if isinstance(target, dict) and target.get("RoleArn"):
                yield target["RoleArn"], "events.amazonaws.com"
    elif request.service == "events" and request.operation == "PutRule" and request.json.get("RoleArn"):
        yield request.json["RoleArn"], "events.amazonaws.com"
    elif request.service == "s3" and request.method == "PUT" and "replication" in request.query:
        for role in re.findall(rb"<Role>([^<]+)</Role>", request.body or b""):
            yield role.decode(), "s3.amazonaws.com"
    elif request.service == "lambda" and request.operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        if request.json.get("Role"):
            yield request.json["Role"], "lambda.amazonaws.com"
    elif request.service == "scheduler" and request.operation in ("CreateSchedule", "UpdateSchedule"):
        role = (request.json.get("Target") or {}).get("RoleArn")
        if role:
            yield role, "scheduler.amazonaws.com"
    elif request.service == "cloudtrail" and request.json.get("CloudWatchLogsRoleArn"):
        yield request.json["CloudWatchLogsRoleArn"], "cloudtrail.amazonaws.com"
