"""From any needs to policies: the job as narrow as names and tags allow, fitted; and the wall around it, in one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from guestpass import catalog
from guestpass.access.policy import size_of
from guestpass.errors import Place
from guestpass.loan.agreement import Pass
from guestpass.loan.holds import conditions_of, holds_of, makers_among
from guestpass.loan.job import guest_needs
from guestpass.loan.names import Names
from guestpass.loan.wall import OWN_SESSION, UNTAGGED, Limits, gives_up, wall_document, wall_of
from guestpass.needs import MAX_POLICY, Need, Setting
from guestpass.needs.declared import Found, Missing
from guestpass.needs.exact import explained_statements
from guestpass.needs.fit import Fitted, Holder, TooLarge, fit, holder
from guestpass.needs.kept_back import lent_by_no_pass
from guestpass.needs.policies import Document, document, one_or_many, statements_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Synthesis:
    """The policies of a job, each statement with its needs, and the wall; `wall` is None where none fits into one policy.

    `reasons` gives the needs of each statement of the job by Sid; `wall_size` is the wall's size in characters, whether it
    fits or not, `costliest` the Sids of its statements by characters, most first; `given_up` says in words what it holds
    less closely so that it fits.
    """

    job: Fitted | TooLarge
    reasons: Mapping[str, tuple[Need, ...]]
    wall: Document | None
    wall_size: int
    costliest: tuple[tuple[str, int], ...]
    given_up: tuple[str, ...] = ()


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
    exact = _wall(needs, setting, limits)
    wall, size, given_up = _in_one(exact, lambda: _wall(needs, setting, limits, tagged=False))
    return Synthesis(
        job=job,
        reasons=reasons,
        wall=wall,
        wall_size=size,
        costliest=_costs(exact),
        given_up=given_up,
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
        given_up=gives_up(pass_),
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
    creating = makers_among(needs)
    return tuple(
        replace(need, conditions=conditions_of(need, setting, pass_name, creating)) for need in needs
    )


def _costs(written: Document) -> tuple[tuple[str, int], ...]:
    sizes = ((each["Sid"], size_of(each)) for each in written["Statement"])
    return tuple(sorted(sizes, key=lambda each: -each[1]))


def _wall(needs: Sequence[Need], setting: Setting, limits: Limits, *, tagged: bool = True) -> Document:
    holds = holds_of(needs, setting=setting, pass_name=limits.name, tagged=tagged)
    return wall_of(holds, limits, and_=OWN_SESSION)


_READS = "own things may be read in every way that AWS lists"


def _in_one(exact: Document, looser: Callable[[], Document]) -> tuple[Document | None, int, tuple[str, ...]]:
    """A boundary is one policy: joined and shortened where that says the same; else a little looser on own things.

    Nothing of that reaches what is not own, another region or the time after the end.
    """
    size = size_of(exact)
    if size <= MAX_POLICY:
        return exact, size, ()
    untagged = looser()
    for written, given_up in (
        (exact, ()),
        (untagged, (UNTAGGED,)),
        (_read_freely(untagged), (UNTAGGED, _READS)),
    ):
        fitted = fit(written["Statement"], name="wall", holder=holder("role", attached=1), shorten="needed")
        if isinstance(fitted, Fitted):
            return fitted.policies[0][1], fitted.sizes[0], given_up
        size = fitted.characters
    return None, size, ()


def _read_freely(written: Document) -> Document:
    """Write `svc:Get*` in the place of many reads of own things, where AWS lists nothing but reads by that name."""
    out = [
        {**each, "Action": one_or_many(_reads(_several(each["Action"])))}
        if each["Effect"] == "Allow" and not any(_is_open(arn) for arn in _several(each["Resource"]))
        else each
        for each in written["Statement"]
    ]
    return document(out)


def _reads(actions: tuple[str, ...]) -> list[str]:
    left, out = set(actions), set[str]()
    for verb in ("Describe", "Get", "List"):
        for service in {action.partition(":")[0] for action in actions}:
            meant = {action for action in left if action.startswith(f"{service}:{verb}")}
            listed = catalog.actions_matching(f"{service}:{verb}*")
            if len(meant) > 1 and all(catalog.access_level(each) in ("Read", "List") for each in listed):
                out.add(f"{service}:{verb}*")
                left -= meant
    return sorted(left | out)


def _is_open(arn: str) -> bool:
    """Whether a pattern is of all things of a type: others' are among them."""
    return arn.replace("/", ":").rpartition(":")[2] == "*" or arn == "*"


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
