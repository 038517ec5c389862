"""Which CloudFormation type each resource of the AWS provider is: `types.toml` as values."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

from guestpass import catalog
from guestpass.catalog.types import cloudformation_types
from guestpass.needs.properties import plain


class Managed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"is_": "is"}):
    """One type of resource. The fields are explained at the top of `types.toml`."""

    is_: str
    names: Mapping[str, str] = {}
    part: str = ""
    sets: str = ""
    also: tuple[str, ...] = ()


class Types(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table: managed resources, and the actions that look a data source up."""

    managed: Mapping[str, Managed]
    data: Mapping[str, tuple[str, ...]]


@cache
def types() -> Types:
    """All types that are known, by the provider's name (`aws_instance`)."""
    text = resources.files("guestpass.needs.terraform").joinpath("types.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Types)


def managed(name: str) -> Managed | None:
    """What a resource of the provider is; the Cloud Control provider's types are CloudFormation's own."""
    if name.startswith("awscc_"):
        is_ = _of_cloud_control().get(plain(name.removeprefix("awscc_")))
        return None if is_ is None else Managed(is_=is_)
    return types().managed.get(name)


@cache
def _of_cloud_control() -> Mapping[str, str]:
    return {
        plain(name.removeprefix("AWS::").replace("::", "")): name
        for name in cloudformation_types()
        if not isinstance(catalog.cloudformation_type(name), catalog.Unmapped)
    }


def nearest(name: str) -> str | None:
    """The known type that is spelt most like one that is not."""
    return next(iter(difflib.get_close_matches(name, types().managed, n=1, cutoff=0.8)), None)
