"""The managed policies of a pass: made when missing, given a new version when the pass says something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from guestpass.account.snapshot import IamPolicy, Snapshot
from guestpass.loan.names import Names
from guestpass.loan.plan.calls import gone, iam, lists_not, shows, tag_list
from guestpass.loan.plan.documents import same_document, text_of
from guestpass.loan.plan.papers import Papers
from guestpass.loan.step import Step
from guestpass.loan.tightened import is_off, is_tightened, stored_job

# AWS: IAM quotas: versions of a managed policy
MOST_VERSIONS = 5


def pass_policies(
    names: Names, snapshot: Snapshot, papers: Papers, *, tags: Mapping[str, str]
) -> Iterator[Step]:
    """The wall first: nobody may stand without it. Job policies that the pass no longer has go last."""
    for name, why, document in papers.policies(names):
        yield from _policy(names, name, why, document, snapshot.policy(name), tags)
    wanted = {name for name, _, _ in papers.policies(names)}
    for policy in snapshot.policies:
        if (
            policy.path == names.path
            and policy.name.startswith(f"{names.job_policy()}-")
            and policy.name not in wanted
            and not is_tightened(policy)
        ):
            yield from _drop(names, policy, snapshot)


def as_tightened(papers: Papers, names: Names, snapshot: Snapshot) -> Papers:
    """The papers with the job as the account has it, where it was tightened: granting again must not widen it."""
    stored = stored_job(names, snapshot)
    if not any(map(is_tightened, stored)):
        return papers
    return replace(papers, job=tuple((each.name, each.document) for each in stored if not is_off(each)))


def _policy(
    names: Names,
    name: str,
    why: str,
    document: Mapping[str, Any],
    stored: IamPolicy | None,
    tags: Mapping[str, str],
) -> Iterator[Step]:
    arn = names.policy_arn(name)
    if stored is None:
        yield Step(
            id=f"grant/policy/{name}",
            call=iam(
                "CreatePolicy",
                PolicyName=name,
                Path=names.path,
                PolicyDocument=text_of(document),
                Tags=tag_list(tags),
            ),
            why=why,
            effect=shows(iam("GetPolicy", PolicyArn=arn), "Policy.Arn", arn),
            inverse=iam("DeletePolicy", PolicyArn=arn),
        )
        return
    if same_document(stored.document, document):
        return
    versions = len(stored.versions)
    if versions >= MOST_VERSIONS:
        oldest = min((v for v in stored.versions if v != stored.default_version), key=_number)
        versions -= 1
        yield delete_version(f"grant/policy/{name}/{oldest}", arn, oldest)
    yield Step(
        id=f"grant/policy/{name}/new",
        call=iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=text_of(document), SetAsDefault=True),
        why=f"{why}; the pass says something else than what is stored",
        effect=shows(iam("ListPolicyVersions", PolicyArn=arn), "length(Versions)", versions + 1),
        inverse=iam("SetDefaultPolicyVersion", PolicyArn=arn, VersionId=stored.default_version),
        gains=(f"what the new `{name}` allows, and the old one did not",),
    )


def delete_version(step: str, arn: str, version: str) -> Step:
    """The step that deletes one version that is not the default."""
    return Step(
        id=step,
        call=iam("DeletePolicyVersion", PolicyArn=arn, VersionId=version),
        why="a managed policy has room for five versions, and goes only when its default is alone",
        effect=lists_not(iam("ListPolicyVersions", PolicyArn=arn), "Versions[].VersionId", version),
        accepts=("NoSuchEntity",),
    )


def delete_policy(verb: str, policy: IamPolicy, why: str) -> Iterator[Step]:
    """The steps that delete a policy that nothing carries any more, other versions first."""
    for version in sorted(policy.versions, key=_number):
        if version != policy.default_version:
            yield delete_version(f"{verb}/policy/{policy.name}/{version}", policy.arn, version)
    yield Step(
        id=f"{verb}/policy/{policy.name}",
        call=iam("DeletePolicy", PolicyArn=policy.arn),
        why=why,
        effect=gone(iam("GetPolicy", PolicyArn=policy.arn)),
        accepts=("NoSuchEntity",),
    )


def _drop(names: Names, policy: IamPolicy, snapshot: Snapshot) -> Iterator[Step]:
    group, role = snapshot.group(names.group), snapshot.role(names.login_role)
    if group is not None and policy.arn in group.attached:
        yield Step(
            id=f"grant/group/{policy.name}/off",
            call=iam("DetachGroupPolicy", GroupName=group.name, PolicyArn=policy.arn),
            why="the job no longer needs this policy",
            effect=lists_not(
                iam("ListAttachedGroupPolicies", GroupName=group.name),
                "AttachedPolicies[].PolicyArn",
                policy.arn,
            ),
            loses=(f"what `{policy.name}` allows",),
            accepts=("NoSuchEntity",),
        )
    if role is not None and policy.arn in role.attached:
        yield Step(
            id=f"grant/role/{policy.name}/off",
            call=iam("DetachRolePolicy", RoleName=role.name, PolicyArn=policy.arn),
            why="the job no longer needs this policy",
            effect=lists_not(
                iam("ListAttachedRolePolicies", RoleName=role.name),
                "AttachedPolicies[].PolicyArn",
                policy.arn,
            ),
            loses=(f"what `{policy.name}` allows",),
            accepts=("NoSuchEntity",),
        )
    yield from delete_policy("grant", policy, "the job no longer needs this policy")


def _number(version: str) -> int:
    return int(version.removeprefix("v")) if version.removeprefix("v").isdigit() else 0
