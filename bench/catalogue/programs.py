"""The peers that run: each in its own environment and its own process, with fake keys and no way out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalogue.corpus import Call, TrailEvent
from bench.catalogue.figures import Answer
from bench.catalogue.places import PeerError, Places

_PATIENCE = 300

_TRAILSCRAPER = """
import json, sys
from trailscraper.cloudtrail import parse_records
answers = []
for record in json.load(sys.stdin):
    try:
        said = [parsed.to_statement() for parsed in parse_records([record])]
    except Exception:
        said = []
    answers.append([
        sorted({f"{action.prefix}:{action.action}" for one in said if one for action in one.Action}),
        sorted({arn for one in said if one for arn in one.Resource}),
    ])
json.dump(answers, sys.stdout)
"""

# asp-iam notes a call before it is sent; the sending is replaced, so that none leaves the process.
_ASP = """
import json, sys
import boto3
from asp import record, recorder
recorder._original_make_api_call = lambda *_: {}
answers = []
for service, operation, parameters in json.load(sys.stdin):
    client = boto3.client(service, region_name="eu-west-1")
    with record() as noted:
        try:
            client._make_api_call(operation, parameters)
        except Exception:
            pass
    answers.append(noted.actions())
json.dump(answers, sys.stdout)
"""


def trailscraper(places: Places, events: Sequence[TrailEvent]) -> list[Answer]:
    """What trailscraper's statements say; an event that stops it says nothing."""
    common = {"userIdentity": {"type": "IAMUser"}, "eventTime": "2026-11-24T00:00:00Z"}
    records = [common | dict(event.record) for event in events]
    said = _answer(places.at("trailscraper"), _TRAILSCRAPER, records)
    return [Answer(actions=frozenset(actions), resources=frozenset(arns)) for actions, arns in said]


def asp_iam(places: Places, calls: Sequence[Call]) -> list[Answer]:
    """What asp-iam records of each call."""
    asked = [(call.service, call.operation, call.parameters) for call in calls]
    return [Answer(actions=frozenset(said)) for said in _answer(places.at("asp-iam"), _ASP, asked)]


def sealed(home: Path, **more: str) -> dict[str, str]:
    """An environment with fake keys, no configuration of the reader's and no proxy."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "AKIAFAKE",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


def _answer(place: Path, program: str, asked: Any) -> Any:
    try:
        done = subprocess.run(
            [str(place / "bin" / "python"), "-c", program],
            input=json.dumps(asked, default=str),
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE,
            env=sealed(place),
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise PeerError(f"did not answer ({type(error).__name__})") from error
