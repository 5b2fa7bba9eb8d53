"""PutPermission keeps the policy document it is given.

Call: `events:PutPermission` with `Policy`. MiniStack stores a statement of its own instead: any principal, no condition.
That shows as a change on each re-run and opens the bus to everybody. AWS stores the document ("Policy: A JSON string that
describes the permission policy statement"), and writes `Principal` as an account's root where an id is given.
"""

import json

from ministack.core.responses import error_response_json, json_response
from ministack.services import eventbridge

NAME = "bus-policies"


def install():
    original = eventbridge._put_permission

    def put_permission(data):
        bus = eventbridge._event_bus_name_from_ref(data.get("EventBusName") or "default")[0]
        if bus == "default":
            eventbridge._ensure_default_bus()
        if bus not in eventbridge._event_buses:
            return error_response_json("ResourceNotFoundException", f"Event bus {bus} does not exist.", 400)
        if data.get("Policy") is None:
            principal = str(data.get("Principal", "*"))
            if principal.isdigit():
                data = {**data, "Principal": {"AWS": f"arn:aws:iam::{principal}:root"}}
            if data.get("Condition"):
                condition = data["Condition"]
                data = {**data, "Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}}
            return original({**data, "EventBusName": bus})
        try:
            policy = json.loads(data["Policy"])
        except ValueError:
            policy = None
        if not isinstance(policy, dict) or not policy.get("Statement"):
            return error_response_json("ValidationException", "The policy is not a valid JSON policy.", 400)
        eventbridge._event_bus_policies[bus] = policy
        return json_response({})

    eventbridge._put_permission = put_permission
