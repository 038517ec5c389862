"""Botocore's models, as the rules by name need them: prefixes, event sources, HTTP verbs left aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

_VERSION = re.compile(r"_?(?:\d{8}|\d{4}_\d{2}_\d{2})(?:v\d+)?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A call as a rule by name sees it: the client's name or, for an event, all that its source may be."""

    clients: tuple[str, ...]
    label: str
    operation: str
    parameters: Any


@cache
def model(client: str) -> ServiceModel:
    """Botocore's model of a client."""
    return ServiceModel(_loader().load_service_model(client, "service-2"), client)


@cache
def prefixes(client: str) -> tuple[str, ...]:
    """The IAM prefixes that a client's names suggest, the likeliest first."""
    described = model(client)
    return tuple(dict.fromkeys((described.signing_name, described.endpoint_prefix, client)))


def with_prefix(prefix: str) -> tuple[str, ...]:
    """The clients whose names suggest this prefix."""
    return _clients().get(prefix, ())


def of_call(client: str, operation: str, parameters: Any) -> Asked:
    return Asked(clients=(client,), label=client, operation=operation, parameters=parameters)


def of_event(source: str, name: str, parameters: Any) -> Asked:
    """An event by the plain rule: its source's first label is a client, an endpoint or a signing name, the API's version
    is taken off its name, and its parameters begin with capitals again.
    """
    label = source.removesuffix(".amazonaws.com")
    plain = _VERSION.sub("", name)
    clients = _clients().get(label, ())
    having = tuple(client for client in clients if plain in model(client).operation_names)
    return Asked(clients=having or clients, label=label, operation=plain, parameters=_capitals(parameters))


@cache
def _loader() -> Any:
    return botocore.session.get_session().get_component("data_loader")


@cache
def _clients() -> dict[str, tuple[str, ...]]:
    answer: dict[str, list[str]] = {}
    for client in _loader().list_available_services("service-2"):
        for label in {client, *prefixes(client)}:
            answer.setdefault(label, []).append(client)
    return {label: tuple(clients) for label, clients in answer.items()}


def _capitals(value: Any) -> Any:
    match value:
        case dict():
            return {key[:1].upper() + key[1:]: _capitals(inner) for key, inner in value.items()}
        case list():
            return [_capitals(inner) for inner in value]
    return value
