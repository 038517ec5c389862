"""What a reader of real policies meets: the findings about one policy, with their stable codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from guestpass.access.policy.arns import FIELDS, fields_of
from guestpass.access.policy.globs import Wild, pieces_of
from guestpass.access.policy.operators import MULTIVALUED_KEYS
from guestpass.access.policy.values import Policy, Statement
from guestpass.errors import Place
from guestpass.findings import Finding, Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Quirk:
    """What stands behind a code: why it matters and what to do."""

    because: str
    fix: str
    severity: Severity = "error"


_UNDECIDED = "AWS refuses such a policy, so nobody can say what it would do: what hangs on it is undecided"

PUZZLES: dict[str, Quirk] = {
    "POL001": Quirk(because="which of the two counts is not documented", fix="keep one of them"),
    "POL002": Quirk(because=_UNDECIDED, fix="write `2012-10-17`"),
    "POL003": Quirk(because=_UNDECIDED, fix="remove the element, or mend its spelling (case counts)"),
    "POL004": Quirk(because=_UNDECIDED, fix="give exactly one of the two"),
    "POL005": Quirk(because=_UNDECIDED, fix="write `Allow` or `Deny`"),
    "POL006": Quirk(because=_UNDECIDED, fix="give a string, or a list of strings that is not empty"),
    "POL007": Quirk(
        because=_UNDECIDED, fix="write `service:Action`, with wildcards in the action's name alone, or `*`"
    ),
    "POL008": Quirk(because=_UNDECIDED, fix="write an ARN or `*`"),
    "POL009": Quirk(
        because=_UNDECIDED, fix="name an account, a user, a role, a session, a service or a provider in full"
    ),
    "POL010": Quirk(because=_UNDECIDED, fix="remove the element: this kind of policy has none"),
    "POL011": Quirk(because=_UNDECIDED, fix="use an operator of AWS's list, in AWS's spelling"),
    "POL012": Quirk(
        because=_UNDECIDED, fix="use `Null` alone, and a set operator only with one that compares"
    ),
    "POL013": Quirk(because=_UNDECIDED, fix="write a value that the operator can compare"),
    "POL014": Quirk(
        because=_UNDECIDED,
        fix="write `${key}`, `${key, 'default'}`, or `${*}`, `${?}`, `${$}` for the letters",
    ),
    "POL015": Quirk(because=_UNDECIDED, fix="write the key as `service:Key`"),
}

NOTES: dict[str, Quirk] = {
    "POL020": Quirk(
        because="before Version 2012-10-17 `${…}` is literal text and matches nothing else",
        fix='add `"Version": "2012-10-17"`',
        severity="warning",
    ),
    "POL021": Quirk(
        because="a request can carry several values, and then nobody can say what the operator does",
        fix="put `ForAllValues:` or `ForAnyValue:` before the operator",
        severity="warning",
    ),
    "POL022": Quirk(
        because="a `*` that ends a segment may match beyond the colon, AWS says: such requests are undecided",
        fix="give every segment of the ARN",
        severity="note",
    ),
    "POL023": Quirk(
        because="AWS fills the missing segments up with `*`",
        fix="give every segment of the ARN",
        severity="note",
    ),
    "POL024": Quirk(
        because="two statements cannot be told apart", fix="give each its own Sid", severity="warning"
    ),
}


def findings_of(policy: Policy) -> tuple[Finding, ...]:
    """What a reader should know about the policy: what was not understood (errors), and what is easily
    misread.
    """
    return tuple(
        dict.fromkeys(
            finding
            for found in (_puzzles(policy), _notes(policy), _repeated_sids(policy))
            for finding in found
        )
    )


def _finding(policy: Policy, statement: Statement, code: str, says: str, quirk: Quirk) -> Finding:
    place = Place(file=policy.name, path=f"$.Statement[{statement.index}]")
    return Finding(
        code=code, severity=quirk.severity, says=says, because=quirk.because, fix=quirk.fix, place=place
    )


def _puzzles(policy: Policy) -> Iterator[Finding]:
    for statement in policy.statements:
        for puzzle in statement.puzzles:
            code, _, says = puzzle.partition(" ")
            yield _finding(policy, statement, code, says, PUZZLES[code])


def _notes(policy: Policy) -> Iterator[Finding]:
    for statement in policy.statements:
        for code, says in (
            *_about_variables(policy, statement),
            *_about_keys(statement),
            *_about_arns(statement),
        ):
            yield _finding(policy, statement, code, says, NOTES[code])


def _about_variables(policy: Policy, statement: Statement) -> Iterator[tuple[str, str]]:
    if policy.version == "2012-10-17":
        return
    values = list(statement.resources.values) if statement.resources else []
    values += [value for condition in statement.conditions for value in condition.values]
    for value in values:
        if "${" in value:
            yield "POL020", f"`{value}` looks like a variable and is none"


def _about_keys(statement: Statement) -> Iterator[tuple[str, str]]:
    for condition in statement.conditions:
        several = condition.key.lower() in MULTIVALUED_KEYS and condition.operator != "Null"
        if several and condition.qualifier is None:
            yield (
                "POL021",
                f"`{condition.key}` can have several values and `{condition.operator}` compares one",
            )


def _about_arns(statement: Statement) -> Iterator[tuple[str, str]]:
    for value in statement.resources.values if statement.resources else ():
        fields = fields_of(pieces_of(value))
        if len(fields) == 1 and fields[0] == (Wild.ANY,):
            continue
        if len(fields) < FIELDS:
            yield "POL023", f"`{value}` has {len(fields)} of an ARN's six segments"
        elif any(field and field[-1] is Wild.ANY for field in fields[:-1]):
            yield "POL022", f"`{value}` ends a segment with `*`"


def _repeated_sids(policy: Policy) -> Iterator[Finding]:
    by_sid = {statement.sid: statement for statement in policy.statements if statement.sid}
    places = {(statement.sid, statement.index) for statement in policy.statements if statement.sid}
    for sid, times in Counter(sid for sid, _ in places).items():
        if times > 1:
            says = f"{times} statements are called `{sid}`"
            yield _finding(policy, by_sid[sid], "POL024", says, NOTES["POL024"])
