"""Regions that are out of service: every call that is signed for one of them is answered with 503, for any account.

AWS never offers that, and tests must show what still works without a Region. Set through `/_strongroom/outages`.
"""

import json
import re

# "AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …", or the same in a signed address.
SCOPE = re.compile(r"Credential=[^/\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
SIGNED_ADDRESS = re.compile(r"X-Amz-Credential=[^&]+%2F\d{8}%2F([a-z0-9-]+)%2F([a-z0-9-]+)%2Faws4_request")
MESSAGE = "The Region is out of service."


class Outages:
    def __init__(self):
        self._regions = frozenset()
        self._refused = 0

    def put(self, payload):
        """Takes the place of what was set before. `refused` counts the calls that were refused since then."""
        regions = payload.get("regions")
        if not isinstance(regions, list) or not all(isinstance(region, str) for region in regions):
            raise ValueError("regions must be a list of Regions")
        self._regions = frozenset(regions)
        self._refused = 0
        return self.state()

    def state(self):
        return {"regions": sorted(self._regions), "refused": self._refused}

    def answer_to(self, scope):
        """The refusal of a request as (content type, body), or None where its Region is in service."""
        if not self._regions:
            return None
        headers = dict(scope.get("headers", []))
        signed = SCOPE.search(headers.get(b"authorization", b"").decode("latin-1")) or \
            SIGNED_ADDRESS.search(scope.get("query_string", b"").decode("latin-1"))
        if signed is None or signed.group(1) not in self._regions:
            return None
        self._refused += 1
        return refusal(signed.group(2), headers.get(b"content-type", b"").decode("latin-1"))


def refusal(service, content_type):
    """In the form that clients of the service read."""
    if content_type.startswith("application/x-amz-json") or service == "lambda":
        body = {"__type": "ServiceUnavailable", "message": MESSAGE}
        return content_type or "application/json", json.dumps(body)
    error = f"<Error><Code>ServiceUnavailable</Code><Message>{MESSAGE}</Message></Error>"
    return "text/xml", error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
