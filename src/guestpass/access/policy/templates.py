"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and the literals `${*}`, `${?}`,
`${$}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guestpass.access.policy.globs import Piece, Wild, pieces_of, tidy
from guestpass.access.policy.values import Version


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """A variable's key in lower case, and what stands for it when the request has no value."""

    key: str
    default: str | None = None


TemplatePiece = Piece | Variable
Template = tuple[TemplatePiece, ...]


class MalformedVariableError(ValueError):
    """A `${` that is neither a variable nor one of the three literals."""


_VARIABLE = re.compile(r"\$\{(?P<body>[^{}]*)\}")
_KEY = re.compile(r"\s*(?P<key>[^\s,'*?$]+:[^,'*?$]*?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?")


def template_of(text: str, version: Version, *, wildcards: bool) -> Template:
    """Split text into literal text, wildcards (if they mean anything here) and variables (if the version has
    them).

    Raises MalformedVariableError.
    """

    def plain(part: str) -> tuple[Piece, ...]:
        return pieces_of(part) if wildcards else (part,)

    # AWS: IAM JSON policy elements: Version (rule 34: before 2012-10-17 `${…}` is literal text)
    if version != "2012-10-17" or "${" not in text:
        return tuple(tidy(plain(text)))
    pieces: list[TemplatePiece] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        pieces.extend(plain(_without_opening(text[end : found.start()])))
        pieces.append(_variable_of(found["body"]))
        end = found.end()
    pieces.extend(plain(_without_opening(text[end:])))
    return tuple(_tidy_around_variables(pieces))


def _without_opening(text: str) -> str:
    if "${" in text:
        raise MalformedVariableError(text)
    return text


def _variable_of(body: str) -> str | Variable:
    # AWS: IAM policy elements: Variables and tags, "Special characters" and "Specifying default values"
    if body in ("*", "?", "$"):
        return body
    found = _KEY.fullmatch(body)
    if found is None:
        raise MalformedVariableError(body)
    return Variable(key=found["key"].lower(), default=found["default"])


def _tidy_around_variables(pieces: Sequence[TemplatePiece]) -> Iterator[TemplatePiece]:
    run: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            yield from tidy(run)
            run = []
            yield piece
        else:
            run.append(piece)
    yield from tidy(run)


def has_variables(template: Template) -> bool:
    """Whether anything of the template depends on the request."""
    return any(isinstance(piece, Variable) for piece in template)


def has_variable_before_fifth_colon(template: Template) -> bool:
    """Whether a variable stands where a Resource element may not have one."""
    colons = 0
    for piece in template:
        if isinstance(piece, Variable) and colons < 5:
            return True
        colons += piece.count(":") if isinstance(piece, str) else 0
    return False


def without_variables(template: Template) -> tuple[Piece, ...]:
    """The template with `*` in the place of each variable: matches at least whatever the template can."""
    return tuple(tidy([Wild.ANY if isinstance(piece, Variable) else piece for piece in template]))
