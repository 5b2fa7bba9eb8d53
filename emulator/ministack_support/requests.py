"""The request that is being authorized, for the gaps that need more of it than MiniStack hands on.

MiniStack asks three functions in turn for each request: which action, on which resource, and whether it is allowed.
`install()` stands around them, so that gaps can say more about the resource (`resource_resolvers`), add condition keys
(`context_providers`) and demand further permissions of the same caller (`further_checks`).
"""

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator

from ministack_support.world import GLOBAL_REGION

# AWS authorizes these in us-east-1 wherever the call was signed for: `aws:RequestedRegion` says so.
GLOBAL_SERVICES = frozenset({"iam", "organizations"})


@dataclass(frozen=True)
class ApiRequest:
    service: str
    action: str
    account: str
    region: str
    method: str
    path: str
    headers: dict
    body: bytes
    query: dict
    json: dict = field(default_factory=dict)

    @property
    def operation(self):
        return self.action.partition(":")[2]

    def parameter(self, *names):
        """The first of the named parameters that the request has, from its JSON body or its form; else ''."""
        for name in names:
            value = self.json.get(name)
            if value in (None, ""):
                value = self.query.get(name, "")
                value = value[0] if isinstance(value, list) and value else value
            if value not in (None, "", []):
                return value
        return ""


current = ContextVar("strongroom_request", default=None)
_checking = ContextVar("strongroom_checking", default=False)
_refused = ContextVar("strongroom_refused", default=None)

# service -> function(ApiRequest) -> ARN, or None to keep MiniStack's.
resource_resolvers = {}
# function(ApiRequest, action, resource ARN) -> dict of condition keys.
context_providers = []
# Condition key in lower case, or the beginning of one up to its slash -> function(rest of the key, EvalContext) -> value.
# For keys that are costly to know: they are worked out when a policy asks.
lazy_keys = {}
# function(ApiRequest, resource ARN) -> iterable of (service, action, resource ARN, dict of condition keys).
further_checks = []


def install():
    _capture()
    _extend_enforce()
    _resolve_lazy_keys()
    _name_what_was_refused()


def is_further_check():
    """Whether what is decided now is one of the `further_checks` of a request, not the request itself."""
    return _checking.get()


def _capture():
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        try:
            data = json.loads(body) if body[:1] == b"{" else {}
        except ValueError:
            data = {}
        query = dict(query_params)
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            query = {**parse_qs((body or b"").decode("utf-8", "replace"), keep_blank_values=True), **query}
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
        request = ApiRequest(service, action, account_id, region, method, path, headers, body, query,
                             data if isinstance(data, dict) else {})
        current.set(request)
        resolve = resource_resolvers.get(service)
        better = resolve(request) if resolve else None
        return better or extract(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def _extend_enforce():
    original = iam_evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        request = current.get()
        if iam_evaluator.is_root_access_key(access_key_id or ""):
            # Everything is allowed to it: nothing needs to be known for that.
            return original(access_key_id, iam_action, service, region, resource_arn=resource_arn,
                            service_context=service_context)
        if service in GLOBAL_SERVICES:
            region = GLOBAL_REGION
        context = dict(service_context or {})
        if request is not None:
            for provide in context_providers:
                context.update(provide(request, iam_action, resource_arn))
        denied = original(access_key_id, iam_action, service, region, resource_arn=resource_arn,
                          service_context=context)
        if denied or request is None or iam_action != request.action or _checking.get():
            return denied
        token = _checking.set(True)
        try:
            for check in further_checks:
                for other_service, action, arn, keys in check(request, resource_arn):
                    denied = enforce(access_key_id, action, other_service, region, arn, keys)
                    if denied:
                        _refused.set((denied, action, arn))
                        return denied
        finally:
            _checking.reset(token)
        return None

    iam_evaluator.enforce = enforce


def _resolve_lazy_keys():
    original = iam_evaluator._resolve_condition_key

    def resolve(key, ctx):
        head, slash, rest = key.partition("/")
        found = lazy_keys.get((head + slash).lower())
        return original(key, ctx) if found is None else found(rest, ctx)

    iam_evaluator._resolve_condition_key = resolve


def _name_what_was_refused():
    original = iam_actions.access_denied_response

    def access_denied_response(service, action, principal_arn, request_id, **options):
        refused = _refused.get()
        if refused is not None:
            _, action, arn = refused
            _refused.set(None)
            options["resource_arn"] = arn
        return original(service, action, principal_arn, request_id, **options)

    iam_actions.access_denied_response = access_denied_response
