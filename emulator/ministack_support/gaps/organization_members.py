"""Members see their own organization, not one of their own.

Call: any `organizations:*` from an account that another one created. MiniStack makes the caller the management account
of a new organization. AWS answers `DescribeOrganization` from every member, the other reads from the management account
and from delegated administrators, and refuses the rest (Organizations user guide, "Delegated administrator").

Also here, because the same calls carry it: lists come in pages (20 entries for accounts, units and roots), delegated
administrators can be registered and listed, `CreateAccount` makes the role `OrganizationAccountAccessRole`, and
`RemoveAccountFromOrganization`, which MiniStack has not.
"""

import base64
import json

from ministack.core.responses import error_response_json, get_account_id, request_scope
from ministack.services import organizations

from ministack_support import world
from ministack_support.membership import management_account_of

NAME = "organization-members"

PAGE = 20
LISTS = {
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
    "ListRoots": "Roots",
    "ListTagsForResource": "Tags",
    "ListDelegatedAdministrators": "DelegatedAdministrators",
    "ListDelegatedServicesForAccount": "DelegatedServices",
}
ANY_MEMBER = frozenset({"DescribeOrganization"})


def install():
    original = organizations.handle_request

    organizations._DISPATCH.update({
        "RegisterDelegatedAdministrator": _register_delegated_administrator,
        "DeregisterDelegatedAdministrator": _deregister_delegated_administrator,
        "ListDelegatedAdministrators": _list_delegated_administrators,
        "ListDelegatedServicesForAccount": _list_delegated_services,
        "CreateAccount": _create_account,
        "ListChildren": _list_children,
        "RemoveAccountFromOrganization": _remove_account,
    })
    _keep_with_state()

    async def handle_request(method, path, headers, body, query_params):
        operation = (headers.get("x-amz-target") or "").rpartition(".")[2]
        try:
            payload = json.loads(body or b"{}")
        except ValueError:
            payload = {}
        caller = get_account_id()
        master = management_account_of(caller)
        if master is None and organizations._orgs._data:
            return error_response_json(
                "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400)
        if master is None or master == caller:
            response = await original(method, path, headers, body, query_params)
            return _page(operation, payload, response)
        if not _may(caller, master, operation):
            return error_response_json(
                "AccessDeniedException", "You don't have permissions to access this resource.", 400)
        with request_scope(master, world.GLOBAL_REGION):
            response = await original(method, path, headers, body, query_params)
        return _page(operation, payload, response)

    organizations.handle_request = handle_request


def _may(caller, master, operation):
    if operation in ANY_MEMBER:
        return True
    reads = operation.startswith(("List", "Describe"))
    return reads and bool(world.delegated_administrators.get_scoped(master, None, caller))


def _page(operation, payload, response):
    status, headers, body = response
    member = LISTS.get(operation)
    if status != 200 or member is None:
        return response
    answer = json.loads(body)
    entries = answer.get(member, [])
    try:
        start = int(base64.b64decode(payload["NextToken"], validate=True)) if payload.get("NextToken") else 0
    except ValueError:
        return error_response_json("InvalidInputException", "You specified an invalid value for nextToken.", 400)
    size = max(1, min(PAGE, int(payload.get("MaxResults") or PAGE)))
    answer[member] = entries[start:start + size]
    if start + size < len(entries):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return status, headers, json.dumps(answer).encode()


def _register_delegated_administrator(payload):
    account, service = payload.get("AccountId"), payload.get("ServicePrincipal")
    if not account or not service:
        return error_response_json("InvalidInputException", "AccountId and ServicePrincipal are required", 400)
    if account not in organizations._accounts:
        return error_response_json("AccountNotFoundException", f"Account {account} not found", 400)
    if service in (world.delegated_administrators.get(account) or {}):
        return error_response_json("AccountAlreadyRegisteredException",
                                   "The provided account is already a delegated administrator.", 400)
    world.register_delegated_administrator(account, service)
    return organizations._json(200, {})


def _deregister_delegated_administrator(payload):
    account, service = payload.get("AccountId"), payload.get("ServicePrincipal")
    services = dict(world.delegated_administrators.get(account) or {})
    if service not in services:
        return error_response_json("AccountNotRegisteredException",
                                   "The provided account is not a registered delegated administrator.", 400)
    del services[service]
    if services:
        world.delegated_administrators[account] = services
    else:
        world.delegated_administrators.pop(account)
    return organizations._json(200, {})


def _list_delegated_administrators(payload):
    wanted = payload.get("ServicePrincipal")
    found = []
    for account, services in sorted(world.delegated_administrators.items()):
        if wanted is None or wanted in services:
            found.append({**organizations._public_account(organizations._accounts[account]),
                          "DelegationEnabledDate": min(services.values())})
    return organizations._json(200, {"DelegatedAdministrators": found})


def _list_delegated_services(payload):
    services = world.delegated_administrators.get(payload.get("AccountId")) or {}
    return organizations._json(200, {"DelegatedServices": [
        {"ServicePrincipal": name, "DelegationEnabledDate": since} for name, since in sorted(services.items())]})


def _list_children(payload):
    kind, parent = payload.get("ChildType"), payload.get("ParentId")
    store = {"ACCOUNT": organizations._accounts, "ORGANIZATIONAL_UNIT": organizations._ous}.get(kind)
    if store is None or not parent:
        return error_response_json("InvalidInputException", "ParentId and ChildType are required", 400)
    return organizations._json(200, {"Children": [
        {"Id": child, "Type": kind} for child, record in store.items() if record.get("_ParentId") == parent]})


def _create_account(payload):
    response = organizations._create_account(payload)
    if response[0] == 200:
        account = json.loads(response[2])["CreateAccountStatus"]["AccountId"]
        world.create_access_role(account, get_account_id(), payload.get("RoleName") or world.ACCESS_ROLE)
    return response


def _remove_account(payload):
    account = payload.get("AccountId") or ""
    if account == get_account_id():
        return error_response_json(
            "MasterCannotLeaveOrganizationException", "The management account cannot leave its organization.", 400)
    if account not in organizations._accounts:
        return error_response_json("AccountNotFoundException", "You specified an account that doesn't exist.", 400)
    organizations._accounts.pop(account)
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, b"{}"


def _keep_with_state():
    get_state, restore, reset = organizations.get_state, organizations._restore_state, organizations.reset

    def get_with_delegations():
        return {**get_state(), "delegated_administrators": world.delegated_administrators}

    def restore_with_delegations(data):
        restore(data)
        world.delegated_administrators.clear()
        if data and data.get("delegated_administrators") is not None:
            world.delegated_administrators.update(data["delegated_administrators"])

    def reset_with_delegations():
        reset()
        world.delegated_administrators.clear()

    organizations.get_state = get_with_delegations
    organizations._restore_state = restore_with_delegations
    organizations.load_persisted_state = restore_with_delegations
    organizations.reset = reset_with_delegations
