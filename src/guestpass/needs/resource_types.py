"""How a resource of each type is named, and by what a policy can hold it: `resource_types.toml` as values."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from guestpass.errors import Bug

Setting = Mapping[str, tuple[str, ...]]
"""What the placeholders stand for, by name: `{"account": ("111122223333",), "subnets": ("subnet-1",
"subnet-2"), …}`."""

Tests = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""Conditions as a policy has them, operator and key, each with a value or several that may hold placeholders."""

_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


class ResourceType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One type. The fields are explained at the top of `resource_types.toml`."""

    word: str
    plural: str
    arn: str
    own: Literal["tag", "name", "key", "shared", "nothing"]
    source: str
    tagging: str = ""
    tagged: bool = False
    creating: Mapping[str, Tests] = {}
    changing: Tests = {}
    using: Tests = {}
    reach: str = ""


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """All types, by `service:type` (`ec2:instance`)."""
    text = resources.files("guestpass.needs").joinpath("resource_types.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return {
        f"{service}:{name}": msgspec.convert(entry, ResourceType)
        for service, types in data.items()
        for name, entry in types.items()
    }


def filled(template: str | tuple[str, ...], setting: Setting) -> tuple[str, ...]:
    """Fill the placeholders of a text, or of several; one with several values makes several texts.

    Raises `Bug` on an unknown one.
    """
    if not isinstance(template, str):
        return tuple(text for each in template for text in filled(each, setting))
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))
    for name in names:
        if name not in setting:
            raise Bug(f"nothing is known of the placeholder `{{{name}}}`")
    texts: list[str] = []
    for values in itertools.product(*(setting[name] for name in names)):
        text = template
        for name, value in zip(names, values, strict=True):
            text = text.replace(f"{{{name}}}", value)
        texts.append(text)
    return tuple(texts)
