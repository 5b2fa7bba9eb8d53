"""Starts MiniStack as a member of Strongroom's emulated organization.

One JSON line on standard output says that it serves (`{"port": ..., "pid": ...}`); everything else goes to standard
error. It ends, with its state saved, when standard input closes: that happens however the parent ends, kills included,
and on every system, so no emulator outlives the process that wanted it.

Exit codes: 0 ended as asked, 3 the port is in use, 4 the state cannot be used, 1 anything else.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
import threading

EXIT_PORT_IN_USE = 3
EXIT_STATE = 4


def parse_arguments():
    parser = argparse.ArgumentParser(prog="launcher.py")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", help="folder to keep everything in; without it nothing outlives the process")
    parser.add_argument("--without-gap", action="append", default=[], metavar="NAME",
                        help="leave MiniStack's own behaviour in place ('all' for every gap)")
    parser.add_argument("--log-level", default="WARNING")
    return parser.parse_args()


def listen(port):
    """A socket on loopback that is already listening, so that no other process can take the port in between."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        print(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}", file=sys.stderr)
        raise SystemExit(EXIT_PORT_IN_USE) from error
    listener.listen(512)
    listener.setblocking(False)
    return listener


def prepare_environment(port, state, log_level):
    """MiniStack reads its settings while it is imported: they stand in the environment before that."""
    # Somebody's own credentials would become the root key of every account.
    for name in [n for n in os.environ if n.startswith(("AWS_", "MINISTACK_", "LOCALSTACK_"))]:
        del os.environ[name]
    os.environ.update({
        "AUTH": "true",
        "CLOUDTRAIL_RECORDING": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": "us-east-1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": log_level,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
    })
    if state is not None:
        os.environ.update({
            "PERSIST_STATE": "1",
            "STATE_DIR": os.path.join(state, "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": os.path.join(state, "objects"),
        })


async def serve(listener, state, skipped):
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack import app as ministack

    from ministack_support import gaps, store
    from ministack_support.answers import Answers
    from ministack_support.door import Door

    gaps.install(skipped)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    stop = lambda: loop.call_soon_threadsafe(stopping.set)  # noqa: E731
    for name in ("SIGTERM", "SIGINT"):
        import signal

        loop.add_signal_handler(getattr(signal, name), stop)

    def end_with_parent():
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        stop()

    threading.Thread(target=end_with_parent, name="parent-watch", daemon=True).start()

    saver = store.Saver(enabled=state is not None)
    keeper = asyncio.create_task(saver.run())
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    # Clients close idle connections (Go's after 90 s). A server that closes first may do so just as a request comes in:
    # the request is carried out and its answer is lost.
    config.keep_alive_timeout = 3600
    # Idle keep-alive connections of clients would hold up the end for all of this time.
    config.graceful_timeout = 0.3
    config.loglevel = "WARNING"

    async def announce():
        print(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}), flush=True)

    door = Door(Answers(ministack.app), saver, announce)
    await hypercorn_serve(door, config, shutdown_trigger=stopping.wait)
    keeper.cancel()
    # Functions run as processes of their own, with folders of their own: neither is to stay behind.
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


def main():
    arguments = parse_arguments()
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    state = os.path.abspath(arguments.state) if arguments.state else None
    lock = None
    if state is not None:
        from ministack_support.lock import StateInUse, lock_state

        try:
            lock = lock_state(state)
        except (StateInUse, OSError) as error:
            print(f"the state folder {state} cannot be used: {error}", file=sys.stderr)
            raise SystemExit(EXIT_STATE) from error
    listener = listen(arguments.port)
    prepare_environment(listener.getsockname()[1], state, arguments.log_level)
    try:
        asyncio.run(serve(listener, state, set(arguments.without_gap)))
    finally:
        if lock is not None:
            lock.close()


if __name__ == "__main__":
    main()
