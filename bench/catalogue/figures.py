"""The figures: of how many rows an answer names all that is needed, and of how many it invents nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bench.catalogue.corpus import Truth


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a source says of one row: the actions, and the resources where it speaks of them.

    A source that says nothing answers with no actions. What it says with a reservation is not among them: that earns
    nothing and costs nothing.
    """

    actions: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


NOTHING = Answer()


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One source against one half of the corpus; `resources` is None for a source that names none."""

    rows: int
    present: int
    clean: int
    right: int
    resources: tuple[int, int] | None

    @property
    def worst(self) -> float:
        """The smaller of the two figures, as a share of 1."""
        return min(self.present, self.clean) / self.rows


def missing(truth: Truth, answer: Answer) -> frozenset[str]:
    """The actions that are needed and not named."""
    return frozenset(one for one in truth.needs if not any(_is(one, named) for named in answer.actions))


def invented(truth: Truth, answer: Answer) -> frozenset[str]:
    """The actions that are named and that AWS's page has no need of."""
    there = truth.needs | truth.may
    return frozenset(named for named in answer.actions if not any(_is(one, named) for one in there))


def untouched(truth: Truth, answer: Answer) -> frozenset[str]:
    """The resources that the page names and the answer does not."""
    return frozenset(truth.resources) - answer.resources


def score(truths: Sequence[Truth], answers: Sequence[Answer]) -> Score:
    """The figures of one source, row by row."""
    pairs = list(zip(truths, answers, strict=True))
    present = [not missing(*pair) for pair in pairs]
    clean = [not invented(*pair) for pair in pairs]
    placed = [pair for pair in pairs if pair[0].resources]
    named = any(answer.resources for _, answer in pairs)
    return Score(
        rows=len(pairs),
        present=sum(present),
        clean=sum(clean),
        right=sum(a and b for a, b in zip(present, clean, strict=True)),
        resources=(sum(not untouched(*pair) for pair in placed), len(placed)) if named else None,
    )


def _is(action: str, named: str) -> bool:
    """Whether a name is the action: no two actions differ by case alone, and one peer writes `kms:ReEncrypt*`."""
    return fnmatchcase(action.lower(), named.lower())
