"""Knocks at the door with the guest's credentials: by the key itself, and by a session minted from it before.

    knock.py mint FILE     mint a session (GetSessionToken) and keep it in FILE, readable by you alone
    knock.py once FILE     try harmless calls, by key and by session, and say what came of each
    knock.py watch FILE    try one again and again until standard input is closed, and say when

Prints one JSON line for each knock. That sts:GetCallerIdentity answers proves nothing, so it is not asked.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

QUICK = Config(retries={"total_max_attempts": 1})


def mint(kept: Path) -> None:
    """Mint a session for a day and a half, the longest there is, and keep it."""
    told = boto3.client("sts").get_session_token(DurationSeconds=129600)["Credentials"]
    kept.touch(mode=0o600)
    kept.write_text(
        json.dumps(
            {
                "aws_access_key_id": told["AccessKeyId"],
                "aws_secret_access_key": told["SecretAccessKey"],
                "aws_session_token": told["SessionToken"],
            }
        )
    )


def knock(client, by: str, call: str) -> None:
    """Make one call and say what came of it."""
    told = {"by": by, "call": call, "at": time.time(), "error": None, "request_id": None}
    try:
        answer = getattr(client, call.split(":")[1])()
        told["request_id"] = answer["ResponseMetadata"].get("RequestId")
    except ClientError as error:
        told["error"] = error.response["Error"]["Code"]
        told["request_id"] = error.response["ResponseMetadata"].get("RequestId")
    print(json.dumps(told), flush=True)


def main(what: str, kept: Path) -> None:
    """Do what was asked."""
    if what == "mint":
        mint(kept)
        return
    session = boto3.Session(**json.loads(kept.read_text()))
    doors = {"key": boto3.Session(), "session": session}
    clients = {
        by: {name: who.client(name, config=QUICK) for name in ("ec2", "rds")} for by, who in doors.items()
    }
    if what == "once":
        for by, each in clients.items():
            knock(each["ec2"], by, "ec2:describe_instances")
            knock(each["rds"], by, "rds:describe_db_instances")
        return
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    while not closed.is_set():
        for by, each in clients.items():
            knock(each["ec2"], by, "ec2:describe_instances")
        closed.wait(0.05)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
