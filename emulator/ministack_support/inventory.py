"""What is in the emulator: two organizations that were set up alike have the same inventory.

What AWS makes up anew each time (ids of keys and mappings, times, the port in queues' addresses, bytes of a zip) is put
aside. Values of secrets, key material and credentials are no part of it.
"""

import os
import re

# What happened, and what is no resource of anybody: services, and single stores.
ACTIVITY = frozenset({"cloudtrail", "secretsmanager", "sts", "organizations"})
ACTIVITY_STORES = frozenset({
    "cloudcontrol.requests", "cloudwatch.metrics", "cloudwatch.alarm_history", "cloudwatch_logs.log_records",
    "cloudwatch_logs.queries", "kms.alias_dates"})
ID = re.compile(r"mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
# Roles' and policies' own ids.
UNIQUE = re.compile(r"\bA(?:ROA|NPA|IDA|KIA)[0-9A-Z]{12,}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s\"]*")
# Fields that differ between two makings of the same thing, that say what happened, or that nobody else may know.
MADE_UP = re.compile(
    r"(date|time|timestamp|modified|_at|uuid|streams|messages|etag|revision_?id|request_?id|_key|_b64|_pem)$"
    r"|^(created|code|approximatenumber|lastprocessing|storedbytes)|sha256|secret|token", re.IGNORECASE)


def inventory():
    """One entry for each thing: account, Region (or ""), store, name, and what it is."""
    from ministack import app

    entries = []
    for service, get_state in app._build_persistence_save_dict().items():
        if service in ACTIVITY:
            continue
        for store, content in (get_state() or {}).items():
            if f"{service}.{store}" in ACTIVITY_STORES:
                continue
            for scope, name, value in _items(content):
                account, region = (*scope, "", "")[:2]
                entries.append({"account": account, "region": region, "store": f"{service}.{store}",
                                "name": _plain(str(name)), "content": _without(value)})
    return entries


def _items(content):
    data = getattr(content, "_data", None)
    if not isinstance(data, dict):
        return
    for (*scope, name), value in list(data.items()):
        yield scope, name, value


def _plain(text):
    port = os.environ.get("GATEWAY_PORT", "")
    text = text.replace(f":{port}/", ":PORT/")
    return TIME.sub("TIME", UNIQUE.sub("UNIQUE", ID.sub("ID", text)))


def _without(value):
    if isinstance(value, dict):
        return {_plain(str(key)): _without(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))
                if not MADE_UP.search(str(key))}
    if isinstance(value, (list, tuple)):
        items = [_without(item) for item in value]
        return sorted(items, key=str) if all(_is_member(item) for item in items) else items
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(str(item)) for item in value)
    if isinstance(value, float):
        return "TIME"
    if isinstance(value, str):
        return _plain(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return type(value).__name__


def _is_member(item):
    """Tags, attached policies, actions and dimensions of an alarm, … are sets, whatever order they were given in."""
    if isinstance(item, dict):
        return bool({"Key", "TagKey", "key"} & set(item)) or set(item) == {"Name", "Value"}
    return isinstance(item, str)
