"""A session of a role as the AWS service that it trusts gets one.

No API gives such a session to anybody else, and a test of what a function's role may not do needs to make calls with it.
"""

import json
import secrets
import time

from ministack.services import iam, sts

SECONDS = 3600


def session_of(role_arn):
    """Credentials, in the shape of `sts:AssumeRole`'s; ValueError for a role that is not there or trusts no service."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or role["Arn"] != role_arn:
        raise ValueError(f"there is no role {role_arn}")
    service = _trusted_service(role)
    if service is None:
        raise ValueError(f"{role_arn} trusts no service")
    key = {"AccessKeyId": f"ASIA{secrets.token_hex(8).upper()}", "SecretAccessKey": secrets.token_hex(20),
           "SessionToken": secrets.token_hex(32)}
    sts.register_session(key["AccessKeyId"], {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{service}",
        "UserId": f"{role['RoleId']}:{service}",
        "SecretAccessKey": key["SecretAccessKey"],
        "SessionToken": key["SessionToken"],
        "Expiration": time.time() + SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    })
    return key


def _trusted_service(role):
    trust = role.get("AssumeRolePolicyDocument") or "{}"
    trust = json.loads(trust) if isinstance(trust, str) else trust
    statements = trust.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        if statement.get("Effect") == "Allow" and isinstance(principal, dict) and principal.get("Service"):
            services = principal["Service"]
            return (services if isinstance(services, str) else services[0]).partition(".")[0]
    return None
