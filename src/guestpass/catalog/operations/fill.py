"""Expressions over a call's parameters, and ARNs filled with what they find."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import jmespath
from jmespath import functions as jmespath_functions
from jmespath.exceptions import JMESPathError

from guestpass.catalog import actions
from guestpass.catalog.operations import ids
from guestpass.catalog.values import Where

UNKNOWN: Mapping[str, bool] = {"unknown": True}
VARIABLE = re.compile(r"\$\{(\w+)\}")


class Unfilled(Exception):  # noqa: N818 - not an error of the caller's: it becomes an `Unmapped`
    """An ARN or key could not be made from the parameters; the text says why."""


class _Functions(jmespath_functions.Functions):  # type: ignore[misc, unused-ignore]
    """What rows need beside JMESPath's own functions."""

    def __init__(self, prefix: str, where: Where) -> None:
        super().__init__()
        self.prefix, self.where = prefix, where

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_pathed(self, path: Any, name: Any) -> Any:
        """An IAM name with its path: (`/team/`, `ann`) -> `team/ann`; the path defaults to `/`."""
        return None if not name else f"{path or '/'}{name}".removeprefix("/")

    @jmespath_functions.signature()
    def _func_unknown(self) -> Any:
        """A key's value that the request does not settle: the holder of the state may know it."""
        return UNKNOWN

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_arn(self, resource_type: Any, value: Any) -> Any:
        """The ARN of a type of this service with this id; nothing for no id."""
        return None if not value else arn_of(self.prefix, str(resource_type), value, self.where)

    @jmespath_functions.signature({"types": []}, {"types": []}, {"types": []})
    def _func_across(self, fixed: Any, variable: Any, values: Any) -> Any:
        """`fixed` once for each of `values`, with `variable` set to it."""
        return [{**fixed, str(variable): value} for value in values or []]

    @jmespath_functions.signature({"types": []})
    def _func_items(self, mapping: Any) -> Any:
        """A mapping as Key/Value pairs."""
        return [{"Key": key, "Value": value} for key, value in (mapping or {}).items()]

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_after(self, text: Any, mark: Any) -> Any:
        """What follows the first `mark` in `text`, or the whole of it."""
        return None if not text else str(text).partition(str(mark))[2] or str(text)

    @jmespath_functions.signature({"types": []})
    def _func_decoded(self, text: Any) -> Any:
        """Tags written as a query string (`a=1&b=2`) as Key/Value pairs."""
        return [{"Key": key, "Value": value} for key, value in parse_qsl(text or "", keep_blank_values=True)]

    @jmespath_functions.signature({"types": []})
    def _func_typed(self, resource_ids: Any) -> Any:
        """EC2 ids, each with the type its letters tell."""
        typed = [{"id": each, "type": ids.type_of(str(each))} for each in resource_ids or []]
        unclear = [entry["id"] for entry in typed if entry["type"] is None]
        if unclear:
            raise Unfilled(f"the id `{unclear[0]}` does not tell its type")
        return typed

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_linked_role(self, service: Any, suffix: Any) -> Any:
        """The name with path of a service-linked role; raises `Unfilled` for a service whose role's name is
        not known.
        """
        name = LINKED_ROLES.get(str(service))
        if name is None:
            raise Unfilled(f"the name of the service-linked role of `{service}` is not in the catalogue")
        return f"aws-service-role/{service}/{name}" + (f"_{suffix}" if suffix else "")

    @jmespath_functions.signature({"types": []}, {"types": []}, {"types": []})
    def _func_default_group(self, kind: Any, engine: Any, version: Any) -> Any:
        """RDS's default option (`og`) or parameter (`pg`) group: (`pg`, `mysql`, `8.0.39`) ->
        `default.mysql8.0`.
        """
        major = major_version(str(engine or ""), str(version or ""))
        if major is None:
            return None
        return f"default:{engine}-{major.replace('.', '-')}" if kind == "og" else f"default.{engine}{major}"

    @jmespath_functions.signature({"types": []})
    def _func_typed_arn(self, arn: Any) -> Any:
        """An ARN whose resource part is `type:name`, with its type."""
        parts = str(arn or "").split(":")
        types = {actions.arn_segment(self.prefix, name): name for name in actions.type_names(self.prefix)}
        kind = types.get(parts[5]) if len(parts) > 6 else None
        if kind is None:
            raise Unfilled(f"`{arn}` does not tell its type")
        return {"id": arn, "type": kind}

    @jmespath_functions.signature({"types": []})
    def _func_unslashed(self, names: Any) -> Any:
        """Names of SSM parameters without leading slash, version or label."""
        if isinstance(names, list):
            return [self._func_unslashed(name) for name in names]
        name = str(names or "").removeprefix("/")
        return name if name.startswith("arn:") else name.partition(":")[0]

    @jmespath_functions.signature({"types": []})
    def _func_document(self, name: Any) -> Any:
        """An SSM document's ARN: AWS's own documents (`AWS-…`, `SSM-…`) belong to no account."""
        text = str(name or "")
        if not text or text.startswith("arn:"):
            return text or None
        account = "" if text.startswith(("AWS-", "AmazonCloudWatch-", "AWSEC2-")) else self.where.account
        return f"arn:{self.where.partition}:ssm:{self.where.region}:{account}:document/{text}"

    @jmespath_functions.signature({"types": []})
    def _func_copied(self, source: Any) -> Any:
        """The object that S3's CopySource names (`bucket/key?versionId=…`, URL-encoded, or boto3's hash)."""
        return copy_source(source)[0]

    @jmespath_functions.signature({"types": []})
    def _func_copied_version(self, source: Any) -> Any:
        """The version that S3's CopySource names, if it does."""
        return copy_source(source)[1]

    # AWS: Route 53 Developer Guide, "Normalizing the Route 53 condition key values"
    @jmespath_functions.signature({"types": []})
    def _func_record_names(self, names: Any) -> Any:
        """DNS names as Route 53's keys hold them: small letters, no dot at the end, other signs as `\\052`."""
        return [
            re.sub(r"[^a-z0-9_.\\-]", _octal, str(name).lower().removesuffix(".")) for name in names or []
        ]

    @jmespath_functions.signature({"types": []})
    def _func_mail_address(self, sender: Any) -> Any:
        """The bare address of a sender (`Shop <shop@example.org>`)."""
        return parseaddr(str(sender or ""))[1] or None

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_begins(self, statements: Any, words: Any) -> Any:
        """Whether a statement of a query language, or any of several, begins with these words."""
        wanted = str(words).split()
        return any(statement[: len(wanted)] == wanted for statement in _statements(statements))

    @jmespath_functions.signature({"types": []}, {"types": []})
    def _func_mentions(self, statements: Any, word: Any) -> Any:
        """Whether a statement of a query language, or any of several, has this word."""
        return any(word in statement for statement in _statements(statements))

    @jmespath_functions.signature({"types": []})
    def _func_unmapped(self, what: Any) -> Any:
        """No fact: the call is `Unmapped`."""
        raise Unfilled(f"{what} are not in the catalogue yet")


def _statements(found: Any) -> list[list[str]]:
    """The words of each statement in capitals."""
    return [str(each or "").upper().split() for each in (found if isinstance(found, list) else [found])]


def _octal(sign: re.Match[str]) -> str:
    return "".join(f"\\{byte:03o}" for byte in sign[0].encode())


# AWS: S3 API reference, CopyObject, x-amz-copy-source
def copy_source(source: Any) -> tuple[dict[str, str], str | None]:
    """Bucket and key as ARN variables, and the version id; raises `Unfilled` for an access point's ARN."""
    if isinstance(source, Mapping):
        found = {"BucketName": str(source.get("Bucket") or ""), "ObjectName": str(source.get("Key") or "")}
        return found, source.get("VersionId")
    path, _, query = str(source or "").partition("?versionId=")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key or bucket.startswith("arn:"):
        raise Unfilled("the copy's source is not `bucket/key`")
    return {"BucketName": bucket, "ObjectName": key}, query or None


# AWS: each service's "Using service-linked roles" page
LINKED_ROLES: Mapping[str, str] = {
    "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "guardduty.amazonaws.com": "AWSServiceRoleForAmazonGuardDuty",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "spot.amazonaws.com": "AWSServiceRoleForEC2Spot",
    "ssm.amazonaws.com": "AWSServiceRoleForAmazonSSM",
}


# AWS: RDS User Guide, "Working with option groups" and "parameter groups": default:mysql-8-0,
# default.mysql8.0, default.postgres16, default.mariadb10.11
def major_version(engine: str, version: str) -> str | None:
    """The part of an engine's version that its default groups are named after; None if it cannot be told."""
    parts = version.split(".")
    if not all(part.isdigit() for part in parts):
        return None
    if engine == "postgres":
        return parts[0] if int(parts[0]) >= 10 else None
    if engine in {"mysql", "mariadb"}:
        return ".".join(parts[:2]) if len(parts) >= 2 else None
    return None


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def find(expression: str, parameters: Mapping[str, Any], prefix: str, where: Where) -> Any:
    """What an expression finds in the parameters; raises `Unfilled` if the parameters are of an unexpected
    shape.
    """
    document = {
        **parameters,
        "_region": where.region,
        "_account": where.account,
        "_partition": where.partition,
    }
    try:
        return _compiled(expression).search(
            document, jmespath.Options(custom_functions=_Functions(prefix, where))
        )
    except (JMESPathError, TypeError, AttributeError) as error:
        raise Unfilled(f"the parameters do not have the shape that `{expression}` reads") from error


def texts(found: Any) -> tuple[str, ...]:
    """A found value as condition values: booleans in lower case, numbers as digits, nothing as nothing."""
    match found:
        case None | "":
            return ()
        case bool():
            return ("true" if found else "false",)
        case str():
            return (found,)
        case int() | float():
            return (str(found),)
        case Sequence():
            return tuple(dict.fromkeys(text for item in found for text in texts(item)))
        case _:
            raise Unfilled(f"a value of type {type(found).__name__} is no context value")


def pairs(found: Any) -> tuple[tuple[str, str], ...]:
    """Tags in any of AWS's shapes as (key, value); a missing value is the empty one."""
    match found:
        case None:
            return ()
        case Mapping():
            return tuple((str(key), str(value)) for key, value in found.items())
        case Sequence() if not isinstance(found, str):
            return tuple(_pair(item) for item in found)
        case _:
            raise Unfilled("the tags have a shape that no rule reads")


def _pair(item: Any) -> tuple[str, str]:
    if not isinstance(item, Mapping):
        raise Unfilled("the tags have a shape that no rule reads")
    lowered = {str(key).lower(): value for key, value in item.items()}
    key = lowered.get("key", lowered.get("tagkey"))
    if not isinstance(key, str):
        raise Unfilled("a tag has no key")
    return key, str(lowered.get("value", lowered.get("tagvalue")) or "")


def values_of(found: Any) -> tuple[Any, ...]:
    """The single values (strings, hashes) in what an expression found, each once, in order."""
    if found is None or found is False or found == "":
        return ()
    if isinstance(found, Sequence) and not isinstance(found, str):
        flat = [value for item in found for value in values_of(item)]
        return tuple(value for index, value in enumerate(flat) if value not in flat[:index])
    return (found,)


def arn_of(prefix: str, resource_type: str, value: Any, where: Where) -> str:
    """A resource's ARN: `value` is the last variable's text, a hash of variables, or an ARN already.

    Raises `Unfilled` if the format is not known or a variable stays open.
    """
    if isinstance(value, str) and value.startswith("arn:"):
        return value
    pattern = actions.arn_format(prefix, resource_type)
    if pattern is None:
        raise Unfilled(f"AWS lists no resource type `{resource_type}` for {prefix}")
    if prefix == "rds" and isinstance(value, str):
        value = value.lower()  # AWS: RDS API reference: "This parameter is stored as a lowercase string"
    known = {"Partition": where.partition, "Region": where.region, "Account": where.account}
    open_names = [name for name in VARIABLE.findall(pattern) if name not in known]
    if isinstance(value, Mapping):
        known |= {str(name): _text(part) for name, part in value.items()}
    elif open_names:
        known[open_names[-1]] = _text(value)
    missing = [name for name in open_names if not known.get(name)]
    if missing:
        raise Unfilled(f"the call does not say the {' and '.join(missing)} of the {resource_type}")
    return VARIABLE.sub(lambda match: known[match[1]], pattern)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise Unfilled(f"a value of type {type(value).__name__} cannot stand in an ARN")
    return str(value)
