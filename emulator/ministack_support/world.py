"""Writes an organization with given ids into MiniStack's stores.

`CreateAccount` draws random ids, as AWS does; a demo, its fleet file and its tests want the same ids each time. What is
already there stays as it is, so putting the same organization twice changes nothing.
"""

import json
import time

from ministack.core.responses import request_scope
from ministack.services import iam, organizations

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
GLOBAL_REGION = "us-east-1"

# account id -> {service principal -> epoch seconds}; lives beside MiniStack's own stores and is saved with them.
delegated_administrators = organizations.AccountScopedDict()


def put_organization(wanted):
    """Makes what is missing of the organization; returns how many accounts and units were added."""
    master = wanted["managementAccountId"]
    organization_id = wanted["id"]
    with request_scope(master, GLOBAL_REGION):
        existing = organizations._orgs.get("self")
        if existing is not None and existing["Id"] != organization_id:
            raise ValueError(f"account {master} already manages organization {existing['Id']}")
        if existing is None:
            _found(master, wanted)
        units = [unit for unit in wanted["units"] if _put_unit(master, organization_id, unit)]
        accounts = [account for account in wanted["accounts"] if _put_account(master, organization_id, account)]
        for delegation in wanted.get("delegatedAdministrators", []):
            register_delegated_administrator(delegation["accountId"], delegation["servicePrincipal"])
    return {"units": len(units), "accounts": len(accounts)}


def register_delegated_administrator(account_id, service_principal):
    services = dict(delegated_administrators.get(account_id) or {})
    services.setdefault(service_principal, int(time.time()))
    delegated_administrators[account_id] = services


def _found(master, wanted):
    organizations._ensure_org()
    organization = organizations._orgs["self"]
    organization.update({
        "Id": wanted["id"],
        "Arn": f"arn:aws:organizations::{master}:organization/{wanted['id']}",
        "MasterAccountArn": f"arn:aws:organizations::{master}:account/{wanted['id']}/{master}",
    })
    drawn = next(iter(organizations._roots))
    root = dict(organizations._roots.pop(drawn))
    root_id = wanted["rootId"]
    root.update({"Id": root_id, "Arn": f"arn:aws:organizations::{master}:root/{wanted['id']}/{root_id}"})
    organizations._roots[root_id] = root
    organizations._attachments[organizations.FULL_ACCESS_POLICY_ID] = [root_id, master]
    # The management account is one of the accounts of the file; the drawn record gives way to it.
    organizations._accounts.pop(master, None)


def _put_unit(master, organization_id, unit):
    if unit["id"] in organizations._ous:
        return False
    organizations._ous[unit["id"]] = {
        "Id": unit["id"],
        "Arn": f"arn:aws:organizations::{master}:ou/{organization_id}/{unit['id']}",
        "Name": unit["name"],
        "Path": unit["path"],
        "_ParentId": unit["parentId"],
    }
    if unit["tags"]:
        organizations._tags[unit["id"]] = dict(unit["tags"])
    return True


def _put_account(master, organization_id, account):
    if account["id"] in organizations._accounts:
        return False
    organizations._accounts[account["id"]] = {
        "Id": account["id"],
        "Arn": f"arn:aws:organizations::{master}:account/{organization_id}/{account['id']}",
        "Email": account["email"],
        "Name": account["name"],
        "Status": account["status"],
        "JoinedMethod": "INVITED" if account["id"] == master else "CREATED",
        "JoinedTimestamp": int(time.time()),
        "Path": "/",
        "_ParentId": account["parentId"],
    }
    attachments = organizations._attachments
    policy = organizations.FULL_ACCESS_POLICY_ID
    if account["id"] not in attachments[policy]:
        attachments[policy] = [*attachments[policy], account["id"]]
    if account["tags"]:
        organizations._tags[account["id"]] = dict(account["tags"])
    if account["id"] != master:
        create_access_role(account["id"], master)
    return True


def create_access_role(account_id, master, name=ACCESS_ROLE):
    """The administrator's role that AWS makes in each account it creates, trusting the management account."""
    with request_scope(account_id, GLOBAL_REGION):
        if name in iam._roles:
            return
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{master}:root"},
            "Action": "sts:AssumeRole",
        }]}
        created = iam._create_role({
            "RoleName": [name],
            "AssumeRolePolicyDocument": [json.dumps(trust)],
            "Description": ["Made by AWS Organizations when it created the account"],
        })
        if created[0] != 200:
            raise RuntimeError(f"role {name} in {account_id}: {created[2]!r}")
        iam._roles[name]["AttachedPolicies"] = [ADMINISTRATOR]
