"""From any needs to policies: the job as narrow as names and tags allow, fitted; and the wall around it, in one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guestpass import catalog
from guestpass.access.policy import size_of
from guestpass.errors import Place
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import conditions_of, holds_of
from guestpass.loan.job import guest_needs
from guestpass.loan.names import Names
from guestpass.loan.reading_job import lent_by_no_pass
from guestpass.loan.wall import OWN_SESSION, Limits, wall_document, wall_of
from guestpass.needs import MAX_POLICY, Need, Setting
from guestpass.needs.declared import Found, Missing
from guestpass.needs.exact import explained_statements
from guestpass.needs.fit import Fitted, Holder, TooLarge, fit, holder
from guestpass.needs.policies import Document, statements_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Synthesis:
    """The policies of a job, each statement with its needs, and the wall; `wall` is None where none fits into one policy.

    `reasons` gives the needs of each statement of the job by Sid; `wall_size` is the wall's size in characters, whether it
    fits or not, `costliest` the Sids of its statements by characters, most first.
    """

    job: Fitted | TooLarge
    reasons: Mapping[str, tuple[Need, ...]]
    wall: Document | None
    wall_size: int
    costliest: tuple[tuple[str, int], ...]


def synthesise(
    needs: Sequence[Need],
    *,
    setting: Setting,
    limits: Limits,
    name: str,
    carried_by: Holder,
    shorten: str = "needed",
) -> Synthesis:
    """Write the policies for needs of any source.

    Resources stay as narrow as the needs say; where a pattern reaches a whole type, own things are told by the pass's tag
    if AWS knows it there. `limits` are the wall's; `carried_by` says how much room there is.
    """
    narrow = narrowed(needs, setting=setting, pass_name=limits.name)
    explained = explained_statements(narrow)
    whose = {str(written["Sid"]): members for written, members in explained}
    apart = frozenset(
        sid for sid, members in whose.items() if any(need.kind == "teardown" for need in members)
    )
    job = fit(
        [written for written, _ in explained],
        name=name,
        holder=carried_by,
        shorten=shorten,  # type: ignore[arg-type]
        keep=apart,
    )
    origin = job.origin if isinstance(job, Fitted) else {sid: (sid,) for sid in whose}
    reasons = {sid: tuple(need for each in sids for need in whose[each]) for sid, sids in origin.items()}
    written = wall_of(holds_of(needs, setting=setting, pass_name=limits.name), limits, and_=OWN_SESSION)
    wall, size = _in_one(written)
    return Synthesis(
        job=job,
        reasons=reasons,
        wall=wall,
        wall_size=size,
        costliest=_costs(written),
    )


def synthesise_pass(pass_: Pass, *, carried_by: Holder, shorten: str = "needed") -> Synthesis:
    """Write what `grant` writes for a pass, onto any holder: one statement a purpose as long as that fits.

    Own things are told by the wall, which is attached with it. Raises `InputError` where the wall does not fit.
    """
    needs = guest_needs(pass_)
    job = fit(
        statements_of(needs),
        name=Names.of_pass(pass_).job_policy(),
        holder=carried_by,
        shorten=shorten,  # type: ignore[arg-type]
        merge="needed",
        keep=frozenset(need.purpose for need in needs if need.kind == "teardown"),
    )
    whose: dict[str, list[Need]] = {}
    for need in needs:
        whose.setdefault(need.purpose, []).append(need)
    origin = job.origin if isinstance(job, Fitted) else {sid: (sid,) for sid in whose}
    wall = wall_document(pass_)
    return Synthesis(
        job=job,
        reasons={sid: tuple(need for each in sids for need in whose[each]) for sid, sids in origin.items()},
        wall=wall,
        wall_size=size_of(wall),
        costliest=_costs(wall),
    )


def lendable(found: Found) -> Found:
    """The same without what decides who may do what in the account: no policy of a guest's holds it, so the owner does it.

    Each thing left out is missing, with its place: roles and policies are made beforehand, and named.
    """
    kept: list[Need] = []
    back: dict[tuple[str, ...], list[str]] = {}
    for need in found.needs:
        known = catalog.action(need.action)
        lends = isinstance(known, catalog.Unmapped) or not lent_by_no_pass(known)
        if lends or need.action == "iam:CreateServiceLinkedRole":
            kept.append(need)
        else:
            back.setdefault(need.resources, []).append(need.action)
    missing = tuple(
        Missing(
            says=f"{', '.join(f'`{action}`' for action in dict.fromkeys(actions))} on {', '.join(resources)}: no pass "
            "lends it, for it decides who may do what",
            place=_place(next(need for need in found.needs if need.resources == resources)),
            hint="make it yourself beforehand, and let the job name it",
        )
        for resources, actions in back.items()
    )
    return replace(found, needs=tuple(kept), missing=(*found.missing, *missing))


def _place(need: Need) -> Place:
    file, _, line = need.source.rpartition(":")
    return Place(file=file, line=int(line)) if file and line.isdigit() else Place(file=need.source)


def narrowed(needs: Sequence[Need], *, setting: Setting, pass_name: str) -> tuple[Need, ...]:
    """The same needs with the conditions that tell own things from others'."""
    creating = tuple(sorted({need.action for need in needs if need.stance == "creates"}))
    return tuple(
        replace(need, conditions=conditions_of(need, setting, pass_name, creating)) for need in needs
    )


def _costs(written: Document) -> tuple[tuple[str, int], ...]:
    sizes = ((each["Sid"], size_of(each)) for each in written["Statement"])
    return tuple(sorted(sizes, key=lambda each: -each[1]))


def _in_one(written: Document) -> tuple[Document | None, int]:
    """A boundary is one policy: its Allows may be joined and shortened, never its Denies."""
    size = size_of(written)
    if size <= MAX_POLICY:
        return written, size
    fitted = fit(written["Statement"], name="wall", holder=holder("role", attached=1), shorten="needed")
    if isinstance(fitted, TooLarge):
        return None, fitted.characters
    return fitted.policies[0][1], fitted.sizes[0]
