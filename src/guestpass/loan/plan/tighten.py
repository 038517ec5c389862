"""Tighten: the job policies shrink to what was used and what taking down will need, behind the same wall."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guestpass.access import read_policy
from guestpass.access.policy import size_of
from guestpass.access.prove import Proved, contained, resource_within
from guestpass.account.snapshot import IamPolicy, Snapshot
from guestpass.errors import Bug, InputError
from guestpass.findings import Finding
from guestpass.loan.agreement import Pass
from guestpass.loan.job import guest_needs, setting_of
from guestpass.loan.names import Names
from guestpass.loan.plan.calls import require_account, require_read
from guestpass.loan.plan.freeze import is_denied
from guestpass.loan.plan.tighten_evidence import Evidence, gaps, logins, standing
from guestpass.loan.plan.tighten_needs import Grant, declared_of, grants_of, homes, odd, staying
from guestpass.loan.plan.tighten_steps import carriers, tightening_steps
from guestpass.loan.step import Plan
from guestpass.loan.tightened import stored_job
from guestpass.needs import MAX_POLICY, Need
from guestpass.needs.exact import exact_statements
from guestpass.needs.policies import document, statements_of
from guestpass.needs.teardown import deletes_of
from guestpass.needs.used import allowed_rows

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """What goes: an action on resources, what the pass had it for, and on what the action stays (empty: on nothing)."""

    action: str
    resources: tuple[str, ...]
    purpose: str
    left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Tightening:
    """What tightening would do: the plan, what stays and why, what goes; or why the record does not carry it.

    `plan` is None exactly where there are `gaps`. `stays` are needs, each with its kind, reason and source.
    """

    plan: Plan | None
    stays: tuple[Need, ...] = ()
    goes: tuple[Lost, ...] = ()
    gaps: tuple[Finding, ...] = ()


def tighten(
    pass_: Pass, snapshot: Snapshot, *, evidence: Evidence, now: datetime, keep: Sequence[str] = ()
) -> Tightening:
    """What tightening this pass to what was used would do; `now` is AWS's clock.

    Every pair of action and resource that a new policy allows is shown to be allowed by the one before, or nothing is
    planned. `keep` are actions, or patterns of actions, that stay as they are. Raises InputError for another account, a
    pass that is not granted or is frozen, and for something to keep that is not there.
    """
    names, stored = _ready(pass_, snapshot)
    # what nobody carries gives nothing, and nothing of it is given back here
    stored = tuple(policy for policy in stored if carriers(names, snapshot, policy))
    old = tuple(read_policy(each.document, kind="identity", name=each.name) for each in stored)
    strange = odd(old)
    if strange is not None:
        return Tightening(plan=None, gaps=(_not_ours(strange, pass_),))
    grants = grants_of(old)
    declared = declared_of(guest_needs(pass_), grants)
    missing = gaps(names, snapshot, evidence, declared, now)
    if missing:
        return Tightening(plan=None, gaps=missing)
    things = standing(evidence.inventory)
    stays = staying(
        declared,
        usage=evidence.usage,
        by=logins(names, snapshot),
        things=things,
        setting=setting_of(pass_),
        keep=keep,
    )
    documents = _documents(stays, grants, stored, declared)
    new = tuple(
        read_policy(text, kind="identity", name=name) for name, text in documents.items() if text is not None
    )
    answer = contained(new, within=old)
    if not isinstance(answer, Proved):
        return Tightening(plan=None, gaps=(_not_shown(getattr(answer, "why", "a request shows it")),))
    goes = tuple(_lost(grants, grants_of(new), declared))
    steps = tightening_steps(names, snapshot, stored, documents, at=now, goes=_words(goes, grants))
    notes = (
        *_beyond(things, declared),
        *_no_longer(evidence, logins(names, snapshot), declared),
        *_others(names, snapshot, stored),
    )
    plan = Plan(verb="tighten", pass_name=pass_.name, account=pass_.account, steps=tuple(steps), notes=notes)
    return Tightening(plan=plan, stays=stays, goes=goes)


def _ready(pass_: Pass, snapshot: Snapshot) -> tuple[Names, tuple[IamPolicy, ...]]:
    require_account(snapshot, pass_.account)
    require_read(
        snapshot, ("policies", "groups", "cloudtrail:DescribeTrails"), "what the guest has is not known whole"
    )
    names = Names.of_pass(pass_)
    stored = stored_job(names, snapshot)
    guests = [
        guest for guest in (snapshot.user(names.user), snapshot.role(names.login_role)) if guest is not None
    ]
    if not stored or not guests:
        raise InputError(
            f"the pass `{pass_.name}` is not granted: there is nothing to tighten",
            hint=f"guestpass grant {pass_.name}.yaml",
        )
    if any(is_denied(guest) for guest in guests if guest.path == names.path):
        raise InputError(
            f"the pass `{pass_.name}` is frozen: the guest can do nothing at all",
            hint=f"guestpass revoke {pass_.name}",
        )
    return names, stored


def _not_ours(why: str, pass_: Pass) -> Finding:
    return Finding(
        code="TIG011",
        severity="error",
        says=f"a job policy is not as guestpass writes it: {why}",
        because="what cannot be taken apart cannot be shown to shrink",
        fix=f"guestpass plan {pass_.name}.yaml shows what puts it back to what the pass says",
    )


def _not_shown(why: str) -> Finding:
    return Finding(
        code="TIG012",
        severity="error",
        says=f"the new policies are not shown to be within the old: {why}",
        because="tightening never gives anything",
        fix="report it with the pass and both policies; nothing was changed",
    )


def _documents(
    stays: Sequence[Need], grants: Sequence[Grant], stored: Sequence[IamPolicy], declared: Sequence[Need]
) -> dict[str, Document | None]:
    """The new document of each stored policy, None where nothing of it stays; exact where that fits IAM's quota.

    Where the exact statements do not fit, they are joined by what they are for, as the pass's own policies are; where
    even those do not, resources stay as they were. Either is within what was there before.
    """
    by_home = homes(stays, grants)
    if "" in by_home:
        raise Bug(f"`{by_home[''][0].action}` stays and is in no policy")
    out: dict[str, Document | None] = {}
    for policy in stored:
        members = by_home.get(policy.name, ())
        if not members:
            out[policy.name] = None
            continue
        actions = {need.action for need in members}
        whole = [need for need in homes(declared, grants).get(policy.name, ()) if need.action in actions]
        written = (exact_statements(members), statements_of(_joined(members, declared)), statements_of(whole))
        fitting = next((each for each in map(document, written) if size_of(each) <= MAX_POLICY), None)
        # what stays is part of what was there, so at the worst the document that is stored fits as it is
        out[policy.name] = fitting if fitting is not None else policy.document
    return out


def _joined(needs: Sequence[Need], declared: Sequence[Need]) -> Iterator[Need]:
    """The needs under the purposes that the pass has for them."""
    for need in needs:
        yield dataclasses.replace(need, purpose=_purpose(need.action, need.type, declared).purpose)


def _purpose(action: str, type_: str | None, declared: Sequence[Need]) -> Need:
    mine = [need for need in declared if need.action == action]
    return next((need for need in mine if need.type == type_), mine[0])


def _lost(before: Sequence[Grant], after: Sequence[Grant], declared: Sequence[Need]) -> Iterator[Lost]:
    """Each pair that the policies allowed and no longer do, by action: whole, or what is left of it."""
    for action in dict.fromkeys(grant.action for grant in before):
        had = dict.fromkeys(grant.resource for grant in before if grant.action == action)
        left = tuple(sorted({grant.resource for grant in after if grant.action == action}))
        gone = tuple(arn for arn in had if not any(resource_within(arn, wide) for wide in left))
        if gone:
            why = next((need.why for need in declared if need.action == action), "")
            yield Lost(action=action, resources=gone, purpose=why, left=left)


def _words(goes: Iterable[Lost], grants: Sequence[Grant]) -> Mapping[str, tuple[str, ...]]:
    """What each policy loses, in words: whole actions by what they were for, then what is narrowed."""
    found: dict[str, list[str]] = {}
    every = tuple(goes)
    for policy in dict.fromkeys(grant.policy for grant in grants):
        actions = {grant.action for grant in grants if grant.policy == policy}
        mine = [lost for lost in every if lost.action in actions]
        whole = [lost for lost in mine if not lost.left]
        for why, group in itertools.groupby(
            sorted(whole, key=lambda lost: lost.purpose), lambda lost: lost.purpose
        ):
            told = ", ".join(f"`{lost.action}`" for lost in group)
            found.setdefault(policy, []).append(f"{why}: {told}")
        found.setdefault(policy, []).extend(narrowed_words(lost) for lost in mine if lost.left)
    return {policy: tuple(said) for policy, said in found.items()}


def narrowed_words(lost: Lost) -> str:
    """Say what of an action goes while the rest of it stays."""
    on = ", ".join(f"`{_short(arn)}`" for arn in lost.resources)
    rest = [arn for arn in lost.left if any(resource_within(arn, wide) for wide in lost.resources)]
    but = f", but for {', '.join(f'`{_short(arn)}`' for arn in rest)}" if rest else ""
    return f"`{lost.action}` on {on}{but}"


def _short(arn: str) -> str:
    """The part of an ARN that tells one thing from another of the account."""
    return arn.split(":", 5)[-1]


def _beyond(things: Sequence[Any], declared: Sequence[Need]) -> Iterator[str]:
    allowed = {need.action for need in declared}
    for item in things:
        if not deletes_of(item.type, declared) & allowed:
            yield f"`{item.arn}` stands, and the guest's policies never allowed to delete it: that is yours to do"


def _no_longer(evidence: Evidence, by: frozenset[str], declared: Sequence[Need]) -> Iterator[str]:
    allowed = {need.action.lower() for need in declared}
    rows = allowed_rows(evidence.usage, by)
    gone = sorted(
        {
            row.action
            for row in rows
            if row.action.lower() not in allowed and row.action != "sts:GetCallerIdentity"
        }
    )
    if gone:
        told = ", ".join(f"`{action}`" for action in gone)
        yield f"used, and not in the job policies now, so not given back: {told}"


def _others(names: Names, snapshot: Snapshot, stored: Sequence[IamPolicy]) -> Iterator[str]:
    ours = {policy.arn for policy in stored}
    group, user, role = (
        snapshot.group(names.group),
        snapshot.user(names.user),
        snapshot.role(names.login_role),
    )
    for kind, holder in (("group", group), ("user", user), ("role", role)):
        if holder is not None:
            more = [*(arn for arn in holder.attached if arn not in ours), *holder.inline]
            for each in more:
                yield f"the {kind} `{holder.name}` carries `{each}` too, which guestpass has not put there and leaves alone"
