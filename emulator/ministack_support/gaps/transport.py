"""Loopback counts as TLS.

Call: any under a policy with `Bool: {"aws:SecureTransport": "false"}`, as every bucket of Strongroom has one. MiniStack
is spoken to in plain HTTP, so the statement that keeps out what never happens on AWS would keep out everybody. AWS's
endpoints speak HTTPS. A request with the header `X-Forwarded-Proto: http` still counts as plain, so that a test can see
the statement bite.
"""

from ministack import app

NAME = "transport"

PLAIN = (b"x-forwarded-proto", b"http")


def install():
    original = app.app

    async def application(scope, receive, send):
        if scope["type"] == "http" and PLAIN not in scope.get("headers", []):
            scope = {**scope, "scheme": "https"}
        await original(scope, receive, send)

    app.app = application
