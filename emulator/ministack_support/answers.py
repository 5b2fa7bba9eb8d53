"""A call that an SDK makes again because its answer was lost gets that answer, and is not carried out twice.

An SDK numbers the attempts of one call (`amz-sdk-invocation-id` and `amz-sdk-request: attempt=2; max=3`). On a machine
that is busy beyond measure an answer can be lost between the emulator and its client: connections end, and the emulator
shares two cores with everything that calls it. AWS's own front doors lose so few that no test may hang on it; here the
second attempt of a `CreateRole` would be told that the role exists. Each answer that is given a second time is logged.
"""

import asyncio
import logging
import time
from collections import OrderedDict

logger = logging.getLogger("ministack.strongroom")

# What is kept: enough for the calls of some minutes, of which only the last few can be asked for again.
KEPT_ANSWERS = 2000
LARGEST_BODY = 256 * 1024


class Answers:
    """An ASGI application in front of another that remembers its good answers for a while."""

    def __init__(self, application):
        self._application = application
        self._kept = OrderedDict()

    async def __call__(self, scope, receive, send):
        call, attempt = _attempt(scope)
        if call is None:
            await self._application(scope, receive, send)
            return
        if attempt > 1 and call in self._kept:
            first = self._kept[call]
            answer = await asyncio.shield(first)
            if answer is not None:
                logger.warning("attempt %d of %s: its answer of %.3f s ago was lost and is given again", attempt,
                               _name(scope), time.monotonic() - answer.at)
                await _drain(receive)
                for message in answer.messages:
                    await send(message)
                return
        await self._record(call, scope, receive, send)

    async def _record(self, call, scope, receive, send):
        answered = asyncio.get_running_loop().create_future()
        self._kept[call] = answered
        while len(self._kept) > KEPT_ANSWERS:
            self._kept.popitem(last=False)
        messages = []

        async def remember(message):
            messages.append(message)
            if not message.get("more_body") and message["type"] == "http.response.body":
                answered.set_result(_Answer(messages) if _worth_keeping(messages) else None)
            await send(message)

        try:
            await self._application(scope, receive, remember)
        finally:
            if not answered.done():
                answered.set_result(None)


class _Answer:
    def __init__(self, messages):
        self.messages = list(messages)
        self.at = time.monotonic()


def _name(scope):
    """The call as far as the headers say it, for the log."""
    headers = dict(scope.get("headers", []))
    target = headers.get(b"x-amz-target", b"").decode("latin-1")
    agent = headers.get(b"user-agent", b"").decode("latin-1").split(" ")
    return f"{scope['method']} {scope.get('path')} {target} from {agent[0]} on port {(scope.get('client') or ('', 0))[1]}"


def _attempt(scope):
    """The call's id and which attempt this is, or (None, 0) where the client does not say."""
    if scope["type"] != "http":
        return None, 0
    headers = dict(scope.get("headers", []))
    call = headers.get(b"amz-sdk-invocation-id")
    if call is None:
        return None, 0
    number = headers.get(b"amz-sdk-request", b"").partition(b"attempt=")[2].partition(b";")[0]
    # Two callers never share an answer, whatever ids they make up.
    who = headers.get(b"authorization", b"").partition(b"Credential=")[2].partition(b"/")[0]
    return (who, scope["method"], scope.get("path"), call), int(number) if number.isdigit() else 1


def _worth_keeping(messages):
    """Successes of a size that can be kept; everything else is carried out again."""
    small = sum(len(message.get("body", b"")) for message in messages) <= LARGEST_BODY
    return small and 200 <= messages[0].get("status", 500) < 300


async def _drain(receive):
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
