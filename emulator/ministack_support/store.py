"""Keeps MiniStack's state on disk while it runs.

MiniStack itself saves when it is shut down in an orderly way and at no other time; a machine that goes down would take
the whole organization with it. This saves a little after each burst of changes too.
"""

import asyncio
import json
import logging
import os
import time

logger = logging.getLogger("ministack.strongroom")

# Saving holds up the requests: at most this share of the time is spent on it, however large the state grows.
SHARE_OF_TIME = 0.05
SHORTEST_PAUSE_SECONDS = 2.0


def _save_state(service, data):
    """MiniStack's `save_state` with the encoder that is written in C: it holds up the requests a third as long."""
    from ministack.core import persistence

    path = os.path.join(persistence.STATE_DIR, f"{service}.json")
    os.makedirs(persistence.STATE_DIR, mode=0o700, exist_ok=True)
    text = json.dumps({"__ministack_format__": persistence._state_format_version(service), "payload": data},
                      default=persistence._json_default)
    with open(f"{path}.tmp", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.tmp", path)


class Saver:
    def __init__(self, enabled):
        self.enabled = enabled
        if enabled:
            from ministack.core import persistence

            persistence.save_state = _save_state
        self.changed = False
        self.last_seconds = 0.0

    def touch(self):
        self.changed = True

    def save(self):
        """Writes everything now. Called on the event loop, between requests, so that what is written is of one moment."""
        if not self.enabled:
            return
        from ministack import app
        from ministack.core.persistence import save_all

        started = time.monotonic()
        self.changed = False
        save_all(app._build_persistence_save_dict())
        self.last_seconds = time.monotonic() - started

    async def run(self):
        while self.enabled:
            await asyncio.sleep(max(SHORTEST_PAUSE_SECONDS, self.last_seconds / SHARE_OF_TIME))
            if self.changed:
                try:
                    self.save()
                except Exception:
                    logger.exception("the state could not be saved")
