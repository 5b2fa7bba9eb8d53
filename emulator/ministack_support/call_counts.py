"""How often each session called each action, since the emulator was started. Calls of accounts' roots are not counted.

A call is counted once, whatever further permissions it needs, and whether it is allowed or not.
"""

import re

from ministack.services import sts

from ministack_support import requests

ACCESS_KEY = re.compile(r"Credential=(\w+)/")

# (ARN of the session, action) -> number of calls.
_counts = {}


def install():
    requests.context_providers.append(_count)


def known():
    """`{session ARN: {action: calls}}`."""
    sessions = {}
    for (arn, action), calls in list(_counts.items()):
        sessions.setdefault(arn, {})[action] = calls
    return sessions


def _count(request, action, _):
    if action == request.action and not requests.is_further_check():
        key = ACCESS_KEY.search(request.headers.get("authorization", ""))
        session = sts._sessions.get(key.group(1)) if key else None
        if session is not None:
            place = (session["Arn"], action)
            _counts[place] = _counts.get(place, 0) + 1
    return {}
