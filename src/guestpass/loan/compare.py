"""Hold a template against a pass: what the job needs that it lacks, and what it gives beyond the job.

By action alone: resources and conditions of the template are not weighed, so "gives" means "on some resource,
under some condition".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guestpass import catalog
from guestpass.access.policy import Policy, read_policy
from guestpass.access.policy.truth import Truth
from guestpass.access.prove import admits
from guestpass.catalog import Power
from guestpass.loan.agreement import Pass
from guestpass.loan.job import guest_needs


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """An action that the job needs and the template does not give, and what it is needed for."""

    action: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A template held against a pass's job, by action.

    `needed` are the job's actions, `lacks` those the template does not give; `beyond` counts the actions that
    it gives and the job does not need, of `known` that the catalogue (of `data_version`) has, `by_level`
    splits that count by AWS's access levels. `worst` are the powers among them, worst first. `unclear` are
    actions that only statements that were not understood would give: they count neither as given nor as
    lacking.
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
    data_version: str

    @property
    def enough(self) -> bool:
        """Whether the job could be done with the template, by action alone."""
        return not self.lacks and not any(action in self.unclear for action in self.needed)


def compare(pass_: Pass, template_name: str, template_document: Mapping[str, Any] | str) -> Comparison:
    """Hold a policy document against the job of a pass. Raises `InputError` when it is not a policy
    document."""
    template = (read_policy(template_document, kind="identity", name=template_name),)
    whys = {need.action: need.why for need in reversed(guest_needs(pass_))}
    known = frozenset(catalog.all_actions()) | whys.keys()
    answers = _answers(template, known)
    beyond = [action for action, given in answers.items() if given and action not in whys]
    return Comparison(
        template=template_name,
        pass_name=pass_.name,
        needed=tuple(sorted(whys)),
        lacks=tuple(
            Lack(action=action, why=why) for action, why in sorted(whys.items()) if answers[action] is False
        ),
        given=sum(given is True for given in answers.values()),
        beyond=len(beyond),
        by_level=_levels(beyond),
        known=len(known),
        worst=tuple(power for power in catalog.powers() if power.action in set(beyond)),
        unclear=tuple(action for action, given in answers.items() if given is None),
        data_version=catalog.data_version(),
    )


def _answers(template: tuple[Policy, ...], actions: frozenset[str]) -> dict[str, Truth]:
    """Ask for each action; a service of which nothing is admitted is asked once."""
    services = {action.split(":")[0] for action in actions}
    open_ = {service for service in services if admits(template, f"{service}:*") is not False}
    return {
        action: admits(template, action) if action.split(":")[0] in open_ else False
        for action in sorted(actions)
    }


def _levels(actions: list[str]) -> Mapping[str, int]:
    """Count by access level; an action with several ("Tagging, Write") counts by the gravest."""
    counts = dict.fromkeys(("Permissions management", "Write", "Tagging", "Read", "List"), 0)
    for action in actions:
        said = str(catalog.access_level(action))
        level = next((level for level in counts if level in said), None)
        if level is not None:
            counts[level] += 1
    return counts
