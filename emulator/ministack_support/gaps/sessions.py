"""Limits of sessions.

Call: `sts:AssumeRole`. MiniStack gives sessions of any length and into closed accounts. AWS refuses a `DurationSeconds`
above the role's `MaxSessionDuration`, above one hour when one role takes another (role chaining), and below 900 s, and
refuses every call into an account that is suspended.
"""

from urllib.parse import parse_qs

from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from ministack_support.membership import status_of

NAME = "sessions"

CHAINED_SECONDS = 3600


def install():
    original = sts.handle_request

    async def handle_request(method, path, headers, body, query_params):
        params = dict(query_params)
        if method == "POST" and body:
            params.update(parse_qs(body.decode("utf-8", "replace")))
        if (params.get("Action") or [""])[0] == "AssumeRole":
            refused = _refusal(params, headers, query_params)
            if refused:
                return refused
        return await original(method, path, headers, body, query_params)

    sts.handle_request = handle_request


def _refusal(params, headers, query_params):
    role_arn = (params.get("RoleArn") or [""])[0]
    parts = role_arn.split(":")
    account = parts[4] if len(parts) > 5 else ""
    if status_of(account) not in (None, "ACTIVE"):
        return iam._error(403, "AccessDenied", "User: is not authorized to perform: sts:AssumeRole on resource: "
                          f"{role_arn}", ns="sts")
    wanted = (params.get("DurationSeconds") or [""])[0]
    if not wanted.isdigit():
        return None
    seconds = int(wanted)
    if not 900 <= seconds <= 43200:
        return iam._error(400, "ValidationError", f"1 validation error detected: Value '{seconds}' at "
                          "'durationSeconds' failed to satisfy constraint: Member must have value between 900 and "
                          "43200", ns="sts")
    session = sts._sessions.get(extract_access_key_id(headers, query_params) or "") or {}
    if seconds > CHAINED_SECONDS and session.get("PrincipalType") == "AssumedRole":
        return iam._error(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit "
                          "for roles assumed by role chaining", ns="sts")
    role = iam._roles.get_scoped(account, None, role_arn.rsplit("/", 1)[-1])
    if role and seconds > int(role.get("MaxSessionDuration") or 3600):
        return iam._error(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set "
                          "for this role.", ns="sts")
    return None
