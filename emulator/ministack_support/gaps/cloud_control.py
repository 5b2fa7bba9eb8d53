"""Cloud Control does nothing that its caller may not do.

Call: `cloudformation:CreateResource` for `AWS::AccessAnalyzer::Analyzer`. MiniStack asks for the Cloud Control action alone.
AWS runs the type's handler with the caller's credentials, so the type's own actions are needed too (Cloud Control user
guide, "Security"; the type's schema lists them under `handlers`).

Also here: an analyzer is identified by its ARN, the `primaryIdentifier` of its schema, where MiniStack makes up an id; the
permissions above are asked on that ARN.
"""

import json

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudcontrol

from ministack_support import requests

NAME = "cloud-control"

# Type -> (service, the property with the name, operation -> IAM actions), from the type's schema.
TYPES = {
    "AWS::AccessAnalyzer::Analyzer": ("access-analyzer", "analyzer", {
        "CreateResource": ["access-analyzer:CreateAnalyzer", "access-analyzer:TagResource"],
        "GetResource": ["access-analyzer:GetAnalyzer"],
        "UpdateResource": ["access-analyzer:GetAnalyzer", "access-analyzer:TagResource"],
        "DeleteResource": ["access-analyzer:DeleteAnalyzer"],
    }),
}


def install():
    requests.further_checks.append(_check)
    original = cloudcontrol._extract_identifier

    def extract_identifier(props):
        if "AnalyzerName" in props and "Arn" not in props:
            # Read-only, so no caller gives it; the resource shows it from now on.
            props["Arn"] = f"arn:aws:access-analyzer:{get_region()}:{get_account_id()}:analyzer/{props['AnalyzerName']}"
        return original(props)

    cloudcontrol._extract_identifier = extract_identifier


def _check(request, _):
    found = TYPES.get(request.json.get("TypeName")) if request.service == "cloudcontrol" else None
    if found is None:
        return
    service, kind, actions = found
    for action in actions.get(request.operation, []):
        arn = f"arn:aws:{service}:{request.region}:{request.account}:{kind}/{_name(request)}"
        yield service, action, arn, {}


def _name(request):
    identifier = request.json.get("Identifier")
    if identifier:
        return identifier.rpartition("/")[2]
    try:
        return json.loads(request.json.get("DesiredState") or "{}").get("AnalyzerName", "*")
    except ValueError:
        return "*"
