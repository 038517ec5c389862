"""What the box costs a call on top of moto: the same calls, in turn, to the box and to moto's own server.

Each runs in its own process. The box verifies the signature, maps, authorises and records; moto does not.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from guestpass.local import start

ROUNDS = 300
_SERVE_MOTO = """
import sys
from werkzeug.serving import make_server, WSGIRequestHandler
from moto.server import DomainDispatcherApplication, create_backend_app
WSGIRequestHandler.protocol_version = "HTTP/1.1"
WSGIRequestHandler.log = lambda *_, **__: None
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""

Calls = dict[str, Callable[[], Any]]


def calls_of(endpoint: str, key: str, secret: str) -> Calls:
    """The calls to compare: one of the query protocol, one of EC2's, one of JSON's."""
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name="eu-west-1")
    config = Config(retries={"max_attempts": 1}, max_pool_connections=1)

    def client(name: Any) -> Any:
        return session.client(name, endpoint_url=endpoint, config=config)

    iam, ec2, trail = client("iam"), client("ec2"), client("cloudtrail")
    return {
        "iam:ListGroups": iam.list_groups,
        "ec2:DescribeVpcs": ec2.describe_vpcs,
        "cloudtrail:DescribeTrails": trail.describe_trails,
    }


def milliseconds(call: Callable[[], Any]) -> float:
    """How long one call takes, as the client sees it."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def compare(box: Calls, peer: Calls) -> dict[str, dict[str, float]]:
    """Medians of both, taken in turn so that noise meets both alike."""
    answer = {}
    for name in box:
        pairs = [(milliseconds(box[name]), milliseconds(peer[name])) for _ in range(ROUNDS)][20:]
        ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        answer[name] = {"box_ms": ours, "moto_ms": theirs, "added_ms": ours - theirs}
    return answer


def main() -> int:
    moto = subprocess.Popen([sys.executable, "-c", _SERVE_MOTO], stdout=subprocess.PIPE, text=True)
    try:
        assert moto.stdout is not None
        peer = calls_of(f"http://127.0.0.1:{int(moto.stdout.readline())}", "AKIAFAKE", "fake")
        with start() as box:
            figures = compare(
                calls_of(box.endpoint_url, box.owner.access_key_id, box.owner.secret_access_key), peer
            )
    finally:
        moto.kill()
        moto.wait()
    for name, row in figures.items():
        print(
            f"{name:<28} box {row['box_ms']:6.2f} ms   moto {row['moto_ms']:6.2f} ms   "
            f"added {row['added_ms']:6.2f} ms   ratio {row['box_ms'] / row['moto_ms']:.2f}"
        )
    if "--json" in sys.argv:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
