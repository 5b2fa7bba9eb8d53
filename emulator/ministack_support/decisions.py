"""What IAM decided, by role: which statement allowed which action, and what was refused.

Off until `start()`; then every decision about a role or user is kept until it is asked for or started anew. Accounts' roots
are left out, as nothing is decided about them. A test of least privilege compares it with what the roles' policies say.
"""

from contextvars import ContextVar

from ministack.core import iam_evaluator

# Set while one request is decided: the statement that allowed it, which a resource's policy may still overrule.
_deciding = ContextVar("strongroom_deciding", default=None)


class _Record:
    def __init__(self):
        self.on = False
        self.allowed = {}
        self.refused = {}


_record = _Record()


def start():
    _record.allowed, _record.refused, _record.on = {}, {}, True


def stop():
    _record.on = False


def known():
    """`{"allowed": {principal: {action: [Sid, ...]}}, "refused": {principal: {action: [resource, ...]}}}`."""
    return {name: {who: {action: sorted(details) for action, details in actions.items()}
                   for who, actions in list(kept.items())}
            for name, kept in (("allowed", _record.allowed), ("refused", _record.refused))}


def install():
    _watch_evaluations()
    _leave_out_resource_policies()
    _watch_requests()
    _watch_trust()


def _keep(kept, principal_arn, action, detail):
    from ministack_support.gaps.principals import role_arn_of

    if ":root" not in principal_arn:
        kept.setdefault(role_arn_of(principal_arn), {}).setdefault(action, set()).add(detail)


def _watch_evaluations():
    original = iam_evaluator.evaluate

    def evaluate(ctx, policies, *limits):
        result = original(ctx, policies, *limits)
        if _record.on:
            deciding = _deciding.get()
            if deciding is not None:
                deciding[:] = [(ctx.principal_arn, ctx.action, result)]
            elif result.decision == "Allow":
                _keep(_record.allowed, ctx.principal_arn, ctx.action, result.matched_sid)
        return result

    iam_evaluator.evaluate = evaluate


def _leave_out_resource_policies():
    """A resource's policy is read with the same function; what it says is no permission of the role."""
    original = iam_evaluator.evaluate_resource_policy

    def evaluate_resource_policy(*arguments, **options):
        token = _deciding.set([])
        try:
            return original(*arguments, **options)
        finally:
            _deciding.reset(token)

    iam_evaluator.evaluate_resource_policy = evaluate_resource_policy


def _watch_requests():
    original = iam_evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if not _record.on:
            return original(access_key_id, iam_action, service, region, resource_arn=resource_arn,
                            service_context=service_context)
        deciding = []
        token = _deciding.set(deciding)
        try:
            denied = original(access_key_id, iam_action, service, region, resource_arn=resource_arn,
                              service_context=service_context)
        finally:
            _deciding.reset(token)
        for principal_arn, action, result in deciding:
            if denied:
                _keep(_record.refused, principal_arn, action, resource_arn)
            elif result.decision == "Allow":
                _keep(_record.allowed, principal_arn, action, result.matched_sid)
        return denied

    iam_evaluator.enforce = enforce


def _watch_trust():
    original = iam_evaluator.evaluate_trust_policy

    def evaluate_trust_policy(trust_doc, caller_arn, ctx=None):
        trusted = original(trust_doc, caller_arn, ctx)
        if _record.on and not trusted and ctx is not None:
            _keep(_record.refused, caller_arn, ctx.action, ctx.resource_arn)
        return trusted

    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy
