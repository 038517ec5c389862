"""What a comparison finds, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from guestpass.catalog import Door, Escalation, Power

How = Literal["lacks", "part", "unclear"]
"""Nothing that the job would ask is allowed; some of it is; or it hangs on what nobody told."""

Beyond = Literal["others", "untagged", "sizes", "elsewhere", "after"]
"""One step over what was agreed: what is not the guest's, without the pass's tag, in a size that was not agreed, in
another region, after the end."""

BEYOND: tuple[Beyond, ...] = ("others", "untagged", "sizes", "elsewhere", "after")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """An action that the job needs and the template does not give as it is needed: `why` it is needed, `because` it is not
    given, `on` the patterns of ARNs that it fails at.
    """

    action: str
    why: str
    how: How = "lacks"
    on: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overstep:
    """One kind of step over what was agreed: the job's writing actions for which it was `tried`, those for which it is
    `given`, each with the resource of the request that shows it, and those that hang on what nobody told.
    """

    kind: Beyond
    tried: tuple[str, ...]
    given: Mapping[str, str]
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A door that can be planted, and the actions that do it: of several ways the gravest, by `rank` (1 is the worst)."""

    door: Door
    by: tuple[str, ...]
    rank: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Openings:
    """What can be done with some policies to come back or to become more: doors that can be planted, gravest first, known
    ways to more rights on what is not the guest's, and actions that hand out credentials or stored data.

    What hangs on conditions that nobody told is in `perhaps` (doors' codes, names of ways, actions), and in nothing else.
    """

    doors: tuple[Opened, ...]
    escalations: tuple[Escalation, ...]
    exposures: Mapping[str, tuple[str, ...]]
    perhaps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What one step over what was agreed, and what doors and escalations, some policies allow."""

    steps: tuple[Overstep, ...]
    openings: Openings

    @property
    def reaches_beyond(self) -> bool:
        """Whether any of the job's own actions reaches beyond what was agreed."""
        return any(step.given for step in self.steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A template held against a pass's job.

    `needed` are the job's actions, `lacks` those that the template does not give as the job would ask for them, worst
    first. `beyond` counts the actions that it gives on some resource and the job does not need, of `known` that the
    catalogue (of `data_version`) has, `by_level` splits that count by AWS's access levels; `worst` are the powers among
    them, worst first. `unclear` are actions that only statements that were not understood would give: they count
    neither as given nor as lacking. `held` says what it reaches and opens.
    """

    template: str
    pass_name: str
    needed: tuple[str, ...]
    lacks: tuple[Lack, ...]
    given: int
    beyond: int
    by_level: Mapping[str, int]
    known: int
    worst: tuple[Power, ...]
    unclear: tuple[str, ...]
    held: Held
    data_version: str

    @property
    def enough(self) -> bool:
        """Whether everything that the job asks for is allowed."""
        return not self.lacks

    @property
    def too_much(self) -> bool:
        """Whether anything is surely allowed that the job does not ask for."""
        return self.beyond > 0 or self.held.reaches_beyond

    @property
    def good(self) -> bool | None:
        """Whether it gives what is needed and no more; None where that is not clear."""
        if self.too_much or any(lack.how != "unclear" for lack in self.lacks):
            return False
        unsure = self.lacks or self.unclear or any(step.unclear for step in self.held.steps)
        return None if unsure else True

    @property
    def openness(self) -> tuple[int, int, int]:
        """How much it opens, to order several by: ways to more rights and doors together, then actions beyond the job."""
        opened = self.held.openings
        ways = len(opened.doors) + len(opened.escalations)
        return ways, self.beyond, len(self.lacks)


def by_openness(comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """Order comparisons by how much the templates open, the least first; those that are good come before all."""
    return tuple(sorted(comparisons, key=lambda each: (each.good is not True, each.openness, each.template)))
