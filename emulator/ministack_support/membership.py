"""Which organization an account belongs to. In MiniStack only the management account knows."""

from ministack.core.responses import request_scope
from ministack.services import organizations

from ministack_support.world import GLOBAL_REGION


def management_account_of(account_id):
    """The management account of the account's organization, or None."""
    for master, _ in list(organizations._orgs._data):
        if (master, account_id) in organizations._accounts._data:
            return master
    return None


def organization_id_of(account_id):
    master = management_account_of(account_id)
    return None if master is None else organizations._orgs.get_scoped(master, None, "self")["Id"]


def organization_path_of(account_id):
    """`o-.../r-.../ou-.../`, as in the condition key `aws:PrincipalOrgPaths`."""
    master = management_account_of(account_id)
    if master is None:
        return None
    steps = []
    with request_scope(master, GLOBAL_REGION):
        parent = organizations._accounts[account_id].get("_ParentId")
        while parent:
            steps.insert(0, parent)
            parent = (organizations._ous.get(parent) or {}).get("_ParentId")
        return "/".join([organizations._orgs["self"]["Id"], *steps]) + "/"


def status_of(account_id):
    """Organizations' word for the account's state, or None for an account outside every organization."""
    master = management_account_of(account_id)
    if master is None:
        return None
    return organizations._accounts.get_scoped(master, None, account_id)["Status"]
