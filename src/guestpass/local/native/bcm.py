"""Data Exports (bcm-data-exports), which moto does not have: exports are kept, checked and shown here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.validate import ParamValidator

from guestpass.errors import InputError
from guestpass.local.backend.stored import bucket_owner
from guestpass.local.billing import may_deliver
from guestpass.local.exchange import Refusal
from guestpass.local.exports import COLUMNS, GRAINS, MAPS, TABLE, Column, Delivery, Export, arn_of, columns_of
from guestpass.local.native.call import Call

_NAME = re.compile(r"[0-9A-Za-z\-_]{1,128}")
# AWS: Data Exports User Guide, "Quotas and restrictions": exports of CUR 2.0 an account
_MOST = 5
_PAGE = 300
_FLAGS = (
    "INCLUDE_RESOURCES",
    "INCLUDE_SPLIT_COST_ALLOCATION_DATA",
    "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY",
)
_OUTPUT = {
    "Overwrite": ("OVERWRITE_REPORT", "CREATE_NEW_REPORT"),
    "Format": ("TEXT_OR_CSV",),
    "Compression": ("GZIP",),
    "OutputType": ("CUSTOM",),
}


def create_export(call: Call) -> Mapping[str, Any]:
    """CreateExport: the query must read, and the bucket must let Data Exports write."""
    _hold_to_model(call)
    told = {key: value for key, value in call.get("Export").items() if key != "ExportArn"}
    if not _NAME.fullmatch(told["Name"]):
        raise invalid(f"The export name {told['Name']} is not valid.")
    mine = call.billing.of(call.caller.account)
    if any(export.name == told["Name"] for export in mine):
        raise invalid(f"An export with the name {told['Name']} already exists.")
    if len(mine) >= _MOST:
        raise Refusal("ServiceQuotaExceededException", "You have reached the number of exports.", status=402)
    now = call.clock.now()
    made = Export(
        arn=arn_of(call.caller.account, told["Name"]),
        account=call.caller.account,
        told=told,
        columns=_columns(told),
        grain=_grain(told),
        created=now,
        updated=now,
        tags={tag["Key"]: tag["Value"] for tag in call.get("ResourceTags") or ()},
    )
    _reachable(made)
    call.billing.exports[made.arn] = made
    return {"ExportArn": made.arn}


def update_export(call: Call) -> Mapping[str, Any]:
    """UpdateExport: the whole definition anew; a name stays."""
    held = _held(call)
    _hold_to_model(call)
    told = {key: value for key, value in call.get("Export").items() if key != "ExportArn"}
    if told["Name"] != held.name:
        raise invalid("The name of an export cannot be changed.")
    changed = Export(
        arn=held.arn,
        account=held.account,
        told=told,
        columns=_columns(told),
        grain=_grain(told),
        created=held.created,
        updated=call.clock.now(),
        tags=held.tags,
        deliveries=held.deliveries,
    )
    _reachable(changed)
    call.billing.exports[held.arn] = changed
    return {"ExportArn": held.arn}


def get_export(call: Call) -> Mapping[str, Any]:
    """GetExport: the definition as it was given, and how it fares."""
    held = _held(call)
    return {"Export": {"ExportArn": held.arn, **held.told}, "ExportStatus": _status(held)}


def list_exports(call: Call) -> Mapping[str, Any]:
    """ListExports: the account's own, by name."""
    kept = [
        {"ExportArn": one.arn, "ExportName": one.name, "ExportStatus": _status(one)}
        for one in call.billing.of(call.caller.account)
    ]
    return _paged(call, "Exports", kept)


def delete_export(call: Call) -> Mapping[str, Any]:
    """DeleteExport: nothing more is delivered; what was delivered stays."""
    held = _held(call)
    del call.billing.exports[held.arn]
    return {"ExportArn": held.arn}


def list_executions(call: Call) -> Mapping[str, Any]:
    """ListExecutions: the deliveries, newest first."""
    kept = [
        {"ExecutionId": one.id, "ExecutionStatus": _execution(one)}
        for one in reversed(_held(call).deliveries)
    ]
    return _paged(call, "Executions", kept)


def get_execution(call: Call) -> Mapping[str, Any]:
    """GetExecution: one delivery."""
    held = _held(call)
    one = next((each for each in held.deliveries if each.id == call.get("ExecutionId")), None)
    if one is None:
        raise _not_found("The execution was not found.")
    return {
        "ExecutionId": one.id,
        "Export": {"ExportArn": held.arn, **held.told},
        "ExecutionStatus": _execution(one),
    }


def list_tables(call: Call) -> Mapping[str, Any]:
    """ListTables: the one table of the box."""
    properties = [
        {"Name": "TIME_GRANULARITY", "ValidValues": list(GRAINS), "DefaultValue": "HOURLY"},
        *({"Name": flag, "ValidValues": ["TRUE", "FALSE"], "DefaultValue": "FALSE"} for flag in _FLAGS),
    ]
    table = {
        "TableName": TABLE,
        "Description": "Cost and Usage Report (CUR) 2.0",
        "TableProperties": properties,
    }
    return _paged(call, "Tables", [table])


def get_table(call: Call) -> Mapping[str, Any]:
    """GetTable: the columns."""
    if call.get("TableName") != TABLE:
        raise _not_found("The table was not found.")
    properties = call.get("TableProperties") or {}
    without = () if properties.get("INCLUDE_RESOURCES") == "TRUE" else ("line_item_resource_id",)
    columns = [
        {"Name": name, "Type": "map <string, string>" if name in MAPS else "string"}
        for name in COLUMNS
        if name not in without
    ]
    return {"TableName": TABLE, "TableProperties": properties, "Schema": columns}


def tag_resource(call: Call) -> Mapping[str, Any]:
    """TagResource."""
    _held(call, "ResourceArn").tags.update({tag["Key"]: tag["Value"] for tag in call.get("ResourceTags")})
    return {}


def untag_resource(call: Call) -> Mapping[str, Any]:
    """UntagResource."""
    held = _held(call, "ResourceArn")
    for key in call.get("ResourceTagKeys"):
        held.tags.pop(key, None)
    return {}


def list_tags(call: Call) -> Mapping[str, Any]:
    """ListTagsForResource."""
    tags = _held(call, "ResourceArn").tags
    return _paged(call, "ResourceTags", [{"Key": key, "Value": value} for key, value in sorted(tags.items())])


# --- what must hold -------------------------------------------------------------------------


def invalid(says: str) -> Refusal:
    """The service's validation error."""
    return Refusal("ValidationException", says, status=400, literal=True)


def _not_found(says: str) -> Refusal:
    return Refusal("ResourceNotFoundException", says, status=404, literal=True)


def _hold_to_model(call: Call) -> None:
    shape: Any = call.asked.model.input_shape
    report = ParamValidator().validate(dict(call.asked.parameters), shape)
    if report.has_errors():
        raise invalid(report.generate_report())


def _columns(told: Mapping[str, Any]) -> tuple[Column, ...]:
    wanted = _properties(told)
    output = told["DestinationConfigurations"]["S3Destination"]["S3OutputConfigurations"]
    for name, known in _OUTPUT.items():
        if output[name] not in known:
            raise invalid(f"The AWS in the box writes {name} {' or '.join(known)} only.")
    if told["RefreshCadence"]["Frequency"] != "SYNCHRONOUS":
        raise invalid("Frequency must be SYNCHRONOUS.")
    for flag in _FLAGS:
        if wanted.get(flag, "FALSE") not in {"TRUE", "FALSE"}:
            raise invalid(f"The table property {flag} must be TRUE or FALSE.")
    if unknown := wanted.keys() - {*_FLAGS, "TIME_GRANULARITY"}:
        raise invalid(f"The table {TABLE} has no property {', '.join(sorted(unknown))}.")
    if wanted.get("INCLUDE_SPLIT_COST_ALLOCATION_DATA") == "TRUE":
        raise invalid("The AWS in the box has no split cost allocation data.")
    try:
        return columns_of(
            told["DataQuery"]["QueryStatement"], resources=wanted.get("INCLUDE_RESOURCES") == "TRUE"
        )
    except InputError as error:
        raise invalid(error.says) from None


def _properties(told: Mapping[str, Any]) -> Mapping[str, str]:
    tables: Mapping[str, Mapping[str, str]] = told["DataQuery"].get("TableConfigurations") or {}
    if tables.keys() - {TABLE}:
        raise invalid(f"The AWS in the box has no table but {TABLE}.")
    return tables.get(TABLE, {})


def _grain(told: Mapping[str, Any]) -> str:
    grain = _properties(told).get("TIME_GRANULARITY", "HOURLY")
    if grain not in GRAINS:
        raise invalid(f"TIME_GRANULARITY must be one of {', '.join(GRAINS)}.")
    return grain


def _reachable(export: Export) -> None:
    bucket = str(export.destination["S3Bucket"])
    if bucket_owner(bucket) is None:
        raise invalid(f"The S3 bucket {bucket} does not exist.")
    if not may_deliver(bucket, export.account, export.arn, f"{export.folder}/data/"):
        raise invalid(
            f"S3 bucket permission validation failed: the policy of {bucket} does not let "
            "bcm-data-exports.amazonaws.com put objects."
        )


def _held(call: Call, parameter: str = "ExportArn") -> Export:
    held = call.billing.exports.get(str(call.get(parameter)))
    if held is None or held.account != call.caller.account:
        raise _not_found(f"The export {call.get(parameter)} was not found.")
    return held


# --- how it fares ---------------------------------------------------------------------------


def _status(export: Export) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "StatusCode": "HEALTHY",
        "CreatedAt": export.created,
        "LastUpdatedAt": export.updated,
    }
    if export.deliveries:
        last = export.deliveries[-1]
        told["LastRefreshedAt"] = last.at
        if last.reason is not None:
            told |= {"StatusCode": "UNHEALTHY", "StatusReason": last.reason}
    return told


def _execution(one: Delivery) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "StatusCode": one.status,
        "CreatedAt": one.at,
        "CompletedAt": one.at,
        "LastUpdatedAt": one.at,
    }
    return told if one.reason is None else told | {"StatusReason": one.reason}


def _paged(call: Call, name: str, kept: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    token, size = call.get("NextToken"), call.get("MaxResults") or _PAGE
    if token is not None and not str(token).isdigit():
        raise invalid("The NextToken is not valid.")
    start = int(token or 0)
    answer: dict[str, Any] = {name: kept[start : start + size]}
    return answer if start + size >= len(kept) else answer | {"NextToken": str(start + size)}


ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "CreateExport": create_export,
    "UpdateExport": update_export,
    "GetExport": get_export,
    "ListExports": list_exports,
    "DeleteExport": delete_export,
    "ListExecutions": list_executions,
    "GetExecution": get_execution,
    "ListTables": list_tables,
    "GetTable": get_table,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags,
}
