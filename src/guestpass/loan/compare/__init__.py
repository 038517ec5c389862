"""Hold a template against a pass: what the job needs that it lacks, what it gives beyond the job, what it opens.

The evaluator is asked with the requests of the job itself, and with requests one step beyond it, so the template's
resources and conditions weigh. What the account holds besides is not known here: policies of resources, of an
organisation, boundaries; `docs/guides/is-power-user-good.md` says what that leaves open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from guestpass import catalog
from guestpass.access import Policy, read_policy
from guestpass.access.evaluate.classes import Reach
from guestpass.access.prove import admits
from guestpass.access.prove.most import most
from guestpass.loan.agreement import Pass
from guestpass.loan.compare.asking import Asking
from guestpass.loan.compare.lacking import lacks_of
from guestpass.loan.compare.opening import openings_of
from guestpass.loan.compare.reaching import steps_of
from guestpass.loan.compare.values import (
    BEYOND,
    Beyond,
    Comparison,
    Held,
    How,
    Lack,
    Opened,
    Openings,
    Overstep,
    by_openness,
)
from guestpass.loan.job import job_policies
from guestpass.loan.names import Names
from guestpass.loan.wall import wall_document

__all__ = [
    "BEYOND",
    "Beyond",
    "Comparison",
    "Held",
    "How",
    "Lack",
    "Opened",
    "Openings",
    "Overstep",
    "by_openness",
    "compare",
    "held_by_pass",
]


def compare(pass_: Pass, template_name: str, template_document: Mapping[str, Any] | str) -> Comparison:
    """Hold a policy document against the job of a pass. Raises `InputError` when it is not a policy
    document."""
    template = (read_policy(template_document, kind="identity", name=template_name),)
    asking = Asking.about(pass_, identity=template)
    whys = {need.action for need in asking.needs}
    found = most(asking.principal, asking.layers)
    # AWS's list may lack an action that the job needs all the same
    given = {*found.allowed, *(each for each in whys if admits(template, each) is True)}
    beyond = sorted(given - whys)
    return Comparison(
        template=template_name,
        pass_name=pass_.name,
        needed=tuple(sorted(whys)),
        lacks=lacks_of(asking),
        given=len(given),
        beyond=len(beyond),
        by_level=_levels(beyond),
        known=len({*catalog.all_actions(), *whys}),
        worst=tuple(power for power in catalog.powers() if power.action in set(beyond)),
        unclear=found.undecided,
        held=_held(asking, found),
        data_version=catalog.data_version(),
    )


def held_by_pass(pass_: Pass) -> Held:
    """What the pass's own job policies within its wall reach and open, found in the same way."""
    job = tuple(read_policy(document, kind="identity", name=name) for name, document in job_policies(pass_))
    wall: Policy = read_policy(wall_document(pass_), kind="boundary", name=Names.of_pass(pass_).wall)
    asking = Asking.about(pass_, identity=job, boundary=wall)
    return _held(asking, most(asking.principal, asking.layers))


def _held(asking: Asking, possible: Reach) -> Held:
    return Held(steps=steps_of(asking), openings=openings_of(asking, possible=possible))


_LEVELS = ("Permissions management", "Write", "Tagging", "Read", "List")


def _levels(actions: list[str]) -> Mapping[str, int]:
    """Count by access level; an action with several ("Tagging, Write") counts by the gravest."""
    counts = Counter(map(_level, actions))
    return {level: counts[level] for level in _LEVELS}


@cache
def _level(action: str) -> str | None:
    said = str(catalog.access_level(action))
    return next((level for level in _LEVELS if level in said), None)
