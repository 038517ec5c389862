"""Build `catalog/managed_policies.json`: the AWS managed policies that owners ask about, from moto's copy of
them.

    python tools/distill_managed_policies.py          write the file
    python tools/distill_managed_policies.py --check  exit 1 if the file differs from what would be written

The documents are AWS's own published policies; moto (Apache-2.0) carries them as data, read here at build
time only.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

TARGET = Path(__file__).parents[1] / "src" / "guestpass" / "catalog" / "managed_policies.json"

NAMES = (
    "AWSDenyAll",
    "AdministratorAccess",
    "AmazonEC2FullAccess",
    "AmazonRDSFullAccess",
    "AmazonS3FullAccess",
    "AmazonVPCFullAccess",
    "DatabaseAdministrator",
    "IAMFullAccess",
    "NetworkAdministrator",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SystemAdministrator",
    "ViewOnlyAccess",
)


def distilled() -> dict[str, Any]:
    """The file's content."""
    everything = json.loads(aws_managed_policies_data)
    return {
        "about": "AWS managed policies by name; made by tools/distill_managed_policies.py",
        "source": f"moto {version('moto')}",
        "licence": "the policies are published by AWS; moto, which carries them, is Apache-2.0",
        "policies": {name: _policy(name, everything[name]) for name in NAMES},
    }


def _policy(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "arn": f"arn:aws:iam::aws:policy{entry['Path']}{name}",
        "version": entry["DefaultVersionId"],
        "date": entry["UpdateDate"][:10],
        "document": entry["Document"],
    }


def text() -> str:
    """The file's text: one policy a line."""
    content = distilled()
    policies = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}"
        for name, entry in content["policies"].items()
    )
    head = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(content[key])}" for key in ("about", "source", "licence")
    )
    return f'{{\n{head},\n"policies": {{\n{policies}\n}}\n}}\n'


def main() -> int:
    """Write the file, or compare."""
    if "--check" in sys.argv:
        return int(TARGET.read_text(encoding="utf-8") != text())
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
