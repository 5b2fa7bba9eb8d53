"""The emulator's own addresses, below `/_strongroom/`, for what no AWS API offers: a whole organization with given ids.

Only root keys exist for the accounts until somebody makes roles, so there is nothing to protect beyond loopback.
"""

import json
import logging

from ministack_support import world
from ministack_support.outages import Outages

logger = logging.getLogger("ministack.strongroom")

# Requests that cannot change anything need no saving afterwards; everything else counts as a change.
READING_METHODS = frozenset({"HEAD", "OPTIONS"})


class Door:
    """An ASGI application in front of MiniStack's."""

    def __init__(self, application, saver, announce):
        self._application = application
        self._saver = saver
        self._announce = announce
        self._outages = Outages()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._application(scope, receive, self._announcing(send))
            return
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith("/_strongroom/"):
            await self._answer(scope["method"], path.removeprefix("/_strongroom/"), receive, send)
            return
        refusal = self._outages.answer_to(scope) if scope["type"] == "http" else None
        if refusal is not None:
            await read_body(receive)
            await respond(send, 503, *refusal)
            return
        if scope["type"] == "http" and scope["method"] not in READING_METHODS:
            self._saver.touch()
        await self._application(scope, receive, send)

    def _announcing(self, send):
        async def forward(message):
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                await self._announce()

        return forward

    async def _answer(self, method, name, receive, send):
        body = await read_body(receive)
        try:
            status, answer = self._act(method, name, json.loads(body or b"{}"))
        except Exception as error:
            logger.exception("/_strongroom/%s failed", name)
            status, answer = 500, {"error": f"{type(error).__name__}: {error}"}
        await respond(send, status, "application/json", json.dumps(answer))

    def _act(self, method, name, payload):
        if (method, name) == ("PUT", "organization"):
            self._saver.touch()
            return 200, world.put_organization(payload)
        if (method, name) == ("POST", "save"):
            self._saver.save()
            return 200, {"seconds": self._saver.last_seconds}
        if (method, name) == ("PUT", "outages"):
            return 200, self._outages.put(payload)
        if (method, name) == ("GET", "outages"):
            return 200, self._outages.state()
        if (method, name) == ("GET", "gaps"):
            from ministack_support import gaps

            return 200, {"installed": gaps.installed()}
        if (method, name) == ("GET", "call-counts"):
            from ministack_support import call_counts

            return 200, {"sessions": call_counts.known()}
        if (method, name) == ("GET", "inventory"):
            from ministack_support.inventory import inventory

            return 200, {"entries": inventory()}
        if name == "decisions" and method in ("GET", "PUT"):
            return 200, _decisions(method, payload)
        if (method, name) == ("POST", "session"):
            from ministack_support import service_sessions

            return 200, service_sessions.session_of(payload["roleArn"])
        return 404, {"error": f"there is no {method} /_strongroom/{name}"}


async def respond(send, status, content_type, text):
    payload = text.encode()
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", content_type.encode()), (b"content-length", str(len(payload)).encode())]})
    await send({"type": "http.response.body", "body": payload})


def _decisions(method, payload):
    from ministack_support import decisions

    if method == "GET":
        return decisions.known()
    decisions.start() if payload["keep"] else decisions.stop()
    return {}


async def read_body(receive):
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
