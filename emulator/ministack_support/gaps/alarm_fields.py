"""DescribeAlarms answers with all that PutMetricAlarm was given.

Call: `cloudwatch:DescribeAlarms` in the query protocol (XML), as Terraform's provider speaks it. MiniStack leaves out
period, statistic, dimensions, actions, description and more, so that each re-run sets them again. AWS answers with the
whole `MetricAlarm` in every protocol.
"""

import json
import time
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

NAME = "alarm-fields"

TIMES = frozenset({"StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp", "StateTransitionedTimestamp"})


def install():
    original = cloudwatch._describe_alarms

    def describe(params, cbor_data, is_cbor, is_json=False):
        if is_cbor or is_json:
            return original(params, cbor_data, is_cbor, is_json)
        answer = original({}, _as_json(params), False, True)
        if answer[0] != 200:
            return original(params, cbor_data, is_cbor, is_json)
        body = "".join(_element(name, value) for name, value in json.loads(answer[2]).items())
        return cloudwatch._xml(200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{body}</DescribeAlarmsResult>")

    cloudwatch._describe_alarms = describe


def _as_json(params):
    wanted = {}
    for name in sorted(params, key=len):
        value = cloudwatch._p(params, name)
        head, _, index = name.partition(".member.")
        if index:
            wanted.setdefault(head, []).append(value)
        elif value:
            wanted[name] = value
    return wanted


def _element(name, value):
    if value is None:
        return ""
    if isinstance(value, list):
        return f"<{name}>{''.join(_element('member', item) for item in value)}</{name}>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, item) for key, item in value.items())}</{name}>"
    if isinstance(value, bool):
        value = str(value).lower()
    elif name in TIMES:
        value = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(value)))
    return f"<{name}>{escape(str(value))}</{name}>"
