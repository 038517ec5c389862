"""What holds of reading, writing, measuring and matching, whatever the text is."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guestpass.access import Policy, read_policy
from guestpass.access.policy import arn_matches, document_of, findings_of, glob_matches, size_of
from guestpass.access.prove.actions import holds_all, share
from guestpass.errors import InputError
from strategies import policies

LETTERS = st.text(alphabet="ab:/*?$.[\n", max_size=10)
GLOBS = st.text(alphabet="ab*?:", max_size=7)
PLAIN_GLOBS = st.text(alphabet="ab*", max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(
    (
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
        "Fun",
    )
)
KINDS = st.sampled_from(("identity", "boundary", "session", "resource", "trust", "scp", "rcp", "endpoint"))
WRITABLE = st.sampled_from(("identity", "resource", "trust"))


def as_regex(pattern: str, any_letter: str = ".") -> str:
    """A glob as a regular expression, written the obvious way."""
    return "".join({"*": f"{any_letter}*", "?": any_letter}.get(c, re.escape(c)) for c in pattern)


@settings(max_examples=500, deadline=None)
@given(LETTERS, LETTERS)
def test_a_glob_matches_as_its_regular_expression(pattern: str, text: str) -> None:
    """The matcher agrees with the plain translation, line breaks and brackets included."""
    assert glob_matches(pattern, text) is bool(re.fullmatch(as_regex(pattern), text, re.DOTALL))


@given(LETTERS, st.lists(st.tuples(st.text(alphabet="ab:", max_size=3), st.sampled_from("ab"))))
def test_a_glob_matches_every_text_made_from_it(pattern: str, fillings: list[tuple[str, str]]) -> None:
    """Filling its wildcards in gives a text that matches."""
    fill = iter(fillings)
    text = "".join(
        {"*": lambda: next(fill, ("", "a"))[0], "?": lambda: next(fill, ("", "a"))[1]}.get(c, lambda c=c: c)()
        for c in pattern
    )
    assert glob_matches(pattern, text)


def test_a_hostile_glob_takes_no_time() -> None:
    """Many stars against a long text that nearly matches: no backtracking without end."""
    started = time.perf_counter()
    assert not glob_matches("*a" * 60 + "b", "a" * 20_000)
    assert time.perf_counter() - started < 2


ARN_PARTS = st.text(alphabet="ab*?", max_size=3)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(ARN_PARTS, min_size=5, max_size=5),
    st.text(alphabet="ab*?:/", max_size=4),
    st.text(alphabet="ab:", max_size=14),
)
def test_arns_match_field_by_field(fields: list[str], tail: str, rest: str) -> None:
    """True as the strict reading says; None only where the loose one differs; else False."""
    pattern, arn = ":".join(["arn", *fields[1:], tail]), "arn:" + rest
    strict = "".join(as_regex(field, "[^:]") + ":" for field in pattern.split(":", 5)[:5]) + as_regex(tail)

    def loosely(field: str) -> str:
        body = field.rstrip("*")
        return as_regex(body, "[^:]") + (".*" if body != field else "") + ":"

    loose = "".join(map(loosely, pattern.split(":", 5)[:5])) + as_regex(tail)
    expected = True if re.fullmatch(strict, arn) else None if re.fullmatch(loose, arn) else False
    assert arn_matches(pattern, arn) is expected


@settings(max_examples=100, deadline=None)
@given(WRITABLE.flatmap(policies))
def test_a_policy_read_from_its_own_document_is_the_same(policy: Policy) -> None:
    """read ∘ write is the identity, as data and as text."""
    told = [c for s in policy.statements for c in s.conditions if c.operator == "Bool"]
    no_truth = any("${" in value for condition in told for value in condition.values)
    assume(policy.version == "2012-10-17" or not no_truth)  # before, `${…}` is text, and no Bool
    again = read_policy(document_of(policy), kind=policy.kind, name=policy.name)
    assert again == policy
    assert read_policy(json.dumps(document_of(policy)), kind=policy.kind, name=policy.name) == policy
    assert not any(finding.severity == "error" for finding in findings_of(again))


@given(JSON)
def test_size_counts_no_white_space_outside_of_strings(data: object) -> None:
    """However a document is indented, its size is that of the densest way to write it."""
    dense = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    assert size_of(json.dumps(data, indent=3, ensure_ascii=False)) == len(dense)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(ELEMENTS, JSON, max_size=6) | JSON, KINDS, st.sampled_from(("2012-10-17", None, "x", 5))
)
def test_any_statement_is_read_or_refused_in_words(data: object, kind: str, version: object) -> None:
    """Whatever stands in a document, reading gives a policy whose puzzles have findings, or an InputError."""
    document = {"Statement": [data], "Version": version}
    policy = read_policy(document, kind=kind, name="any")  # type: ignore[arg-type]
    puzzles = [puzzle for statement in policy.statements for puzzle in statement.puzzles]
    codes = {finding.code for finding in findings_of(policy)}
    assert puzzles, "random data is never a statement that AWS takes"
    assert {puzzle[:6] for puzzle in puzzles} <= codes
    with pytest.raises(InputError):
        document_of(policy)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | JSON.map(json.dumps))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """Text that is no policy is an InputError with a place, never another exception."""
    try:
        assert isinstance(read_policy(text, kind="identity", name="any"), Policy)
    except InputError as refused:
        error = refused
    else:
        return
    assert error.place is not None
    assert error.place.path is not None
    assert error.place.path.startswith("$")


WORDS = st.text(alphabet="ab", max_size=5)


@settings(max_examples=400, deadline=None)
@given(GLOBS, GLOBS, WORDS)
def test_patterns_that_share_nothing_share_no_text(one: str, other: str, text: str) -> None:
    """A text that matches both is only found where `share` says that there may be one."""
    if glob_matches(one, text) and glob_matches(other, text):
        assert share(one, other)


@settings(max_examples=400, deadline=None)
@given(GLOBS, GLOBS, WORDS)
def test_a_wider_pattern_has_all_texts_of_the_narrower(wide: str, narrow: str, text: str) -> None:
    """Where `holds_all` says yes, no text of the narrower escapes the wider."""
    if holds_all(wide, narrow) and glob_matches(narrow, text):
        assert glob_matches(wide, text)


@settings(max_examples=400, deadline=None)
@given(PLAIN_GLOBS, PLAIN_GLOBS)
def test_with_stars_alone_holding_all_is_exact(wide: str, narrow: str) -> None:
    """Where `holds_all` says no, the letter that stands for `*` makes a text of the narrower that escapes."""
    if not holds_all(wide, narrow):
        assert not glob_matches(wide, narrow.replace("*", "z"))
        assert glob_matches(narrow, narrow.replace("*", "z"))
