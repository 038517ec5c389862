"""Reading a policy document: JSON in, a `Policy` out, and nothing that puzzled is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from guestpass.access.policy.elements import Reader
from guestpass.access.policy.notes import quoted
from guestpass.access.policy.values import Policy, PolicyKind, Version
from guestpass.errors import InputError, Place

_VERSIONS: dict[str, Version] = {"2012-10-17": "2012-10-17", "2008-10-17": "2008-10-17"}
_ELEMENTS = {"Version", "Id", "Statement"}


class RepeatingObject(dict[str, Any]):
    """A JSON object with the names that stood in it more than once; the last value is kept."""

    repeated: tuple[str, ...] = ()


def _object_of(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = RepeatingObject(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        made.repeated = tuple(sorted({name for name in names if names.count(name) > 1}))
    return made


def read_policy(
    document: str | Mapping[str, Any], *, kind: PolicyKind, name: str, arn: str | None = None
) -> Policy:
    """Read a policy document, as JSON text or as data.

    What is not understood becomes `puzzles` of the statement it stands in. Raises InputError, with the JSON
    path, when the document is no policy at all.
    """
    data = _parsed(document, name) if isinstance(document, str) else document
    if not isinstance(data, Mapping):
        raise _no_policy(name, "$", "a policy is a JSON object", "an object with `Version` and `Statement`")
    statements = data.get("Statement")
    if isinstance(statements, Mapping):
        # AWS: Grammar of the IAM JSON policy language (rule 35: one statement may stand without its list)
        statements = [statements]
    if isinstance(statements, str) or not isinstance(statements, Sequence):
        raise _no_policy(
            name, "$.Statement", "a policy has statements", "a statement or a list of statements"
        )
    version, puzzles = _head(data)
    if "Statement" in getattr(data, "repeated", ()) or (puzzles and not statements):
        statements = [None]  # what is hidden may say anything
    try:
        reader = Reader(kind=kind, version=version, puzzles=puzzles)
        read = [
            statement
            for index, each in enumerate(statements)
            for statement in reader.statements_of(each, index)
        ]
    except RecursionError:
        raise _no_policy(name, "$", "the document is nested too deeply", "a policy document") from None
    return Policy(name=name, kind=kind, statements=tuple(read), version=version, arn=arn)


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object_of)
    except json.JSONDecodeError as error:
        raise InputError(
            f"`{name}` is not JSON: {error.msg.lower()}",
            place=Place(file=name, line=error.lineno, column=error.colno, path="$"),
            expected="a policy document in JSON",
        ) from None
    except (RecursionError, ValueError):
        raise _no_policy(
            name, "$", "the document is nested too deeply or has a number without end", "JSON"
        ) from None


def _no_policy(name: str, path: str, says: str, expected: str) -> InputError:
    return InputError(
        f"`{name}` is not a policy: {says}", place=Place(file=name, path=path), expected=expected
    )


def _head(data: Mapping[str, Any]) -> tuple[Version, tuple[str, ...]]:
    """The version, and the puzzles of the document as a whole, which every statement shares."""
    puzzles = [f"POL001 `{name}` stands twice in the document" for name in getattr(data, "repeated", ())]
    puzzles += [f"POL003 {quoted(name)} is no element of a policy" for name in data if name not in _ELEMENTS]
    if "Version" not in data:
        # AWS: IAM JSON policy elements: Version (rule 34)
        return "2008-10-17", tuple(puzzles)
    told = data["Version"]
    version = _VERSIONS.get(told) if isinstance(told, str) else None
    if version is None:
        puzzles.append(f"POL002 {quoted(told)} is no version of the policy language")
    return version or "2012-10-17", tuple(puzzles)
