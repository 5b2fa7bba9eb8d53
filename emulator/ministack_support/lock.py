"""One emulator at a time on a state folder: two would overwrite each other's files in turn."""

import os


class StateInUse(Exception):
    pass


def lock_state(folder):
    """Locks the folder until the returned file is closed or the process ends, however it ends."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    file = open(os.path.join(folder, "lock"), "w", encoding="utf-8")  # noqa: SIM115 - kept open on purpose
    try:
        import fcntl
    except ImportError:  # not on Windows; there the port is the only guard
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StateInUse("another emulator uses it") from error
    return file
