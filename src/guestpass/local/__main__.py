"""The box's own process: credentials go to the parent over stdout, once; it lives while its stdin is open."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

from guestpass.local.boot import boot, settle_environment, warm
from guestpass.local.server import Server


def main() -> int:
    """Serve until the parent closes stdin or a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m guestpass.local", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delivery", type=float, default=None)
    parser.add_argument("--machines", action="store_true")
    given = parser.parse_args()
    settle_environment()
    # The parent's terminal sends Ctrl-C to the whole group; the box goes when the parent lets go of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        server = Server(given.port)
    except (OSError, OverflowError) as error:
        _say({"error": f"port {given.port}: {getattr(error, 'strerror', None) or error}"})
        return 1
    started = boot(given.delivery, machines=given.machines, port=server.port)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    threading.Thread(target=warm, daemon=True).start()
    _say({"port": server.port, **started.hello})
    server.serve(started.answer)
    return 0


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
    # Whatever a library still prints has nowhere to go; the parent has read all it needs.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _leave_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main())
