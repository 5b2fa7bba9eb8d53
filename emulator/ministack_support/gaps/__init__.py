"""Where MiniStack differs from AWS in a way that would make a proof on it worthless.

Each module closes one gap: `NAME`, a docstring with the call and what AWS documents, and `install()`, which replaces the
function of MiniStack that is at fault. `docs/emulator.md` lists them; a test runs the same call with the gap left open
and fails on the day MiniStack does it itself.
"""

from ministack_support import call_counts, decisions, requests
from ministack_support.gaps import (
    alarm_fields,
    api_events,
    bus_policies,
    cloud_control,
    function_calls,
    function_errors,
    key_use,
    new_secrets,
    object_copies,
    object_locks,
    organization_members,
    other_accounts,
    passed_roles,
    principals,
    queue_batches,
    request_resources,
    role_conditions,
    rotations,
    secret_versions,
    sessions,
    transport,
)

ALL = (
    organization_members,
    request_resources,
    principals,
    role_conditions,
    passed_roles,
    sessions,
    other_accounts,
    key_use,
    object_copies,
    object_locks,
    cloud_control,
    new_secrets,
    secret_versions,
    rotations,
    bus_policies,
    alarm_fields,
    api_events,
    function_calls,
    function_errors,
    queue_batches,
    transport,
)

_installed = []


def install(skipped):
    # First of all: what stands around a decision makes further ones, each of which is one to be kept.
    decisions.install()
    if "all" not in skipped:
        requests.install()
        call_counts.install()
    for gap in ALL:
        if "all" in skipped or gap.NAME in skipped:
            continue
        gap.install()
        _installed.append(gap.NAME)


def installed():
    return list(_installed)
