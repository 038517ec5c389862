"""The calls that tighten a pass, and the calls that give back what it had before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from guestpass.access import read_policy
from guestpass.account.snapshot import IamPolicy, Snapshot
from guestpass.errors import InputError
from guestpass.loan.agreement import Pass
from guestpass.loan.names import Names
from guestpass.loan.plan.calls import (
    iam,
    lists,
    lists_not,
    require_account,
    shows,
    tag_list,
    tagged,
    untagged,
)
from guestpass.loan.plan.documents import same_document, text_of
from guestpass.loan.plan.freeze import written
from guestpass.loan.plan.grant_policies import MOST_VERSIONS, delete_version
from guestpass.loan.plan.tighten_needs import grants_of
from guestpass.loan.step import Call, Plan, Step
from guestpass.loan.tightened import (
    BEFORE_TAG,
    OFF,
    TIGHTENED_TAG,
    Before,
    before,
    is_off,
    last_tightened,
    stored_job,
)

_WHY_TAG = "the account itself remembers that it was tightened, and what it was before: a later `grant` leaves it alone"


def tightening_steps(
    names: Names,
    snapshot: Snapshot,
    stored: Sequence[IamPolicy],
    documents: Mapping[str, Mapping[str, Any] | None],
    *,
    at: datetime,
    goes: Mapping[str, tuple[str, ...]],
) -> Iterator[Step]:
    """For each policy that is to hold less: the tag first, so that no crash leaves a narrow policy unmarked."""
    for policy in stored:
        wanted = documents[policy.name]
        if wanted is None:
            yield from _off(names, snapshot, policy, at, goes.get(policy.name, ()))
        elif not same_document(policy.document, wanted):
            yield from _narrower(policy, wanted, at, goes.get(policy.name, ()))


def _narrower(
    policy: IamPolicy, wanted: Mapping[str, Any], at: datetime, loses: tuple[str, ...]
) -> Iterator[Step]:
    yield _tag(policy, written(at))
    versions = len(policy.versions)
    if versions >= MOST_VERSIONS:
        spare = _spare(policy)
        versions -= 1
        yield delete_version(f"tighten/policy/{policy.name}/{spare}", policy.arn, spare)
    yield Step(
        id=f"tighten/policy/{policy.name}/new",
        call=iam(
            "CreatePolicyVersion", PolicyArn=policy.arn, PolicyDocument=text_of(wanted), SetAsDefault=True
        ),
        why="what was used, what taking it down will need, and what no trail shows; the wall stays as it is",
        effect=shows(iam("ListPolicyVersions", PolicyArn=policy.arn), "length(Versions)", versions + 1),
        inverse=iam("SetDefaultPolicyVersion", PolicyArn=policy.arn, VersionId=policy.default_version),
        loses=loses,
    )


def _spare(policy: IamPolicy) -> str:
    """The version to delete for room: the oldest that no restore needs; the first of all, which the pass wrote, never."""
    others = sorted((v for v in policy.versions if v != policy.default_version), key=_number)
    chain = [each.version for each in before(policy) if each.version in others]
    free = [version for version in others if version not in chain]
    return free[0] if free else next((v for v in others if v != chain[-1]), others[0])


def _off(
    names: Names, snapshot: Snapshot, policy: IamPolicy, at: datetime, loses: tuple[str, ...]
) -> Iterator[Step]:
    if not is_off(policy):
        yield _tag(policy, f"{written(at)} {OFF}")
    for kind, name in carriers(names, snapshot, policy):
        yield Step(
            id=f"tighten/{kind.lower()}/{policy.name}/off",
            call=_attaching("Detach", kind, name, policy.arn),
            why="nothing of it was used; it stays in the account, carried by nobody, to be given back",
            effect=lists_not(_attached(kind, name), "AttachedPolicies[].PolicyArn", policy.arn),
            inverse=_attaching("Attach", kind, name, policy.arn),
            loses=loses,
            accepts=("NoSuchEntity",),
        )


def _tag(policy: IamPolicy, value: str) -> Step:
    chain = before(policy)
    if not chain or chain[0].version != policy.default_version:
        stood = policy.tags.get(TIGHTENED_TAG)
        chain = (Before(version=policy.default_version, tag=stood and stood.split()[0]), *chain)
    tags = {TIGHTENED_TAG: value, BEFORE_TAG: _said(chain)}
    return Step(
        id=f"tighten/policy/{policy.name}/tag",
        call=iam("TagPolicy", PolicyArn=policy.arn, Tags=tag_list(tags)),
        why=_WHY_TAG,
        effect=tagged(iam("ListPolicyTags", PolicyArn=policy.arn), TIGHTENED_TAG, value),
        inverse=_tags_back(policy),
    )


def _said(chain: Sequence[Before]) -> str:
    return " ".join(map(str, chain))


def _tags_back(policy: IamPolicy) -> Call:
    old = {key: policy.tags[key] for key in (TIGHTENED_TAG, BEFORE_TAG) if key in policy.tags}
    return iam("TagPolicy", PolicyArn=policy.arn, Tags=tag_list(old)) if old else _untagging(policy)


# ---- giving back


def restore(pass_: Pass, snapshot: Snapshot) -> Plan:
    """What taking the last tightening back would do, policy by policy; one before it stays, and can be taken back next.

    The versions are the account's own, so what comes back is word for word what was there. Raises InputError when the
    pass was not tightened.
    """
    require_account(snapshot, pass_.account)
    names = Names.of_pass(pass_)
    tight = last_tightened(stored_job(names, snapshot))
    if not tight:
        raise InputError(
            f"the pass `{pass_.name}` is not tightened: there is nothing to give back",
            hint="guestpass status",
        )
    steps = [step for policy in tight for step in _restoring(names, snapshot, policy)]
    notes = tuple(
        f"what `{policy.name}` was before is no longer in the account; `guestpass grant` writes what the pass says"
        for policy in tight
        if not before(policy)
    )
    return Plan(verb="tighten", pass_name=pass_.name, account=pass_.account, steps=tuple(steps), notes=notes)


def _restoring(names: Names, snapshot: Snapshot, policy: IamPolicy) -> Iterator[Step]:
    chain = before(policy)
    if is_off(policy):
        yield from _on_again(names, snapshot, policy)
    if chain and chain[0].version != policy.default_version:
        version = chain[0].version
        yield Step(
            id=f"tighten/policy/{policy.name}/back",
            call=iam("SetDefaultPolicyVersion", PolicyArn=policy.arn, VersionId=version),
            why="word for word what the policy was before it was tightened",
            effect=shows(iam("GetPolicy", PolicyArn=policy.arn), "Policy.DefaultVersionId", version),
            inverse=iam("SetDefaultPolicyVersion", PolicyArn=policy.arn, VersionId=policy.default_version),
            gains=_again(policy, version),
        )
    yield _tagged_as(policy, chain)


def _again(policy: IamPolicy, version: str) -> tuple[str, ...]:
    """What comes back with a version: whole actions by name, then those that come back on more than they are on now."""
    now, then = (
        {
            (grant.action, grant.resource)
            for grant in grants_of([read_policy(told, kind="identity", name=policy.name)])
        }
        for told in (policy.document, policy.versions[version])
    )
    held = {action for action, _ in now}
    whole = sorted({action for action, _ in then} - held)
    wider = sorted({action for action, _ in then - now} & held)
    told = [f"on more than now: {_named(wider)}"] if wider else []
    return (*([f"again, within the wall: {_named(whole)}"] if whole else []), *told)


def _named(actions: Sequence[str]) -> str:
    return ", ".join(f"`{action}`" for action in actions)


def _tagged_as(policy: IamPolicy, chain: Sequence[Before]) -> Step:
    seen = iam("ListPolicyTags", PolicyArn=policy.arn)
    if chain and chain[0].tag is not None:
        return Step(
            id=f"tighten/policy/{policy.name}/tag",
            call=iam(
                "TagPolicy",
                PolicyArn=policy.arn,
                Tags=tag_list({TIGHTENED_TAG: chain[0].tag, BEFORE_TAG: _said(chain[1:])}),
            ),
            why="it had been tightened before that, and stays so",
            effect=tagged(seen, TIGHTENED_TAG, chain[0].tag),
            inverse=_tags_back(policy),
        )
    return Step(
        id=f"tighten/policy/{policy.name}/untag",
        call=_untagging(policy),
        why="it holds what the pass gave; `grant` looks after it again",
        effect=untagged(seen, TIGHTENED_TAG),
        inverse=_tags_back(policy),
    )


def _on_again(names: Names, snapshot: Snapshot, policy: IamPolicy) -> Iterator[Step]:
    group, role = snapshot.group(names.group), snapshot.role(names.login_role)
    for kind, holder in (("Group", group), ("Role", role)):
        if holder is not None and holder.path == names.path and policy.arn not in holder.attached:
            yield Step(
                id=f"tighten/{kind.lower()}/{policy.name}",
                call=_attaching("Attach", kind, holder.name, policy.arn),
                why="word for word what the guest had before",
                effect=lists(_attached(kind, holder.name), "AttachedPolicies[].PolicyArn", policy.arn),
                inverse=_attaching("Detach", kind, holder.name, policy.arn),
                gains=(f"what `{policy.name}` allows, within the wall",),
            )


def carriers(names: Names, snapshot: Snapshot, policy: IamPolicy) -> tuple[tuple[str, str], ...]:
    """The pass's group or login role, where it carries the policy: kind and name."""
    group, role = snapshot.group(names.group), snapshot.role(names.login_role)
    holders = (("Group", group), ("Role", role))
    return tuple(
        (kind, holder.name)
        for kind, holder in holders
        if holder is not None and policy.arn in holder.attached
    )


def _attaching(verb: str, kind: str, name: str, arn: str) -> Call:
    return iam(f"{verb}{kind}Policy", **{f"{kind}Name": name}, PolicyArn=arn)


def _attached(kind: str, name: str) -> Call:
    return iam(f"ListAttached{kind}Policies", **{f"{kind}Name": name})


def _untagging(policy: IamPolicy) -> Call:
    return iam("UntagPolicy", PolicyArn=policy.arn, TagKeys=[TIGHTENED_TAG, BEFORE_TAG])


def _number(version: str) -> int:
    return int(version.removeprefix("v")) if version.removeprefix("v").isdigit() else 0
