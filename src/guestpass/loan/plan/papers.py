"""The documents of a pass, gathered once: what grant writes into the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guestpass.loan.agreement import Pass
from guestpass.loan.job import blueprint_of, job_policies
from guestpass.loan.names import Names
from guestpass.loan.plan.documents import allowed_by_service
from guestpass.loan.trust import instance_trust_document, trust_document
from guestpass.loan.wall import instance_job_document, instance_wall_document, wall_document
from guestpass.needs.blueprint import RunsAs

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SitePapers:
    """The documents of the role under which what is built runs; `runs_as` is the service that assumes it."""

    runs_as: RunsAs
    job: Document
    wall: Document
    trust: Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    """The documents of one pass. `job` are (policy name, document); `login_trust` is None without a login role;
    `guest` is False where the guest holds nothing of AWS, so that neither job nor wall of theirs is written; `site` is
    None where nothing that is built runs under a role.
    """

    job: tuple[tuple[str, Document], ...]
    wall: Document
    site: SitePapers | None
    login_trust: Document | None = None
    guest: bool = True

    def policies(self, names: Names) -> Iterator[tuple[str, str, Document]]:
        """Name, why and document of each managed policy; the walls come first."""
        if self.guest:
            yield names.wall, "the wall around the guest: what no policy can give them", self.wall
        if self.site:
            yield (
                names.instance_wall,
                "the wall around the instances' role; it has no end, the site lives on",
                self.site.wall,
            )
        for name, document in self.job if self.guest else ():
            yield name, "what the job needs", document
        if self.site:
            yield names.instance_job, "what the site's instances need", self.site.job

    def gains(self, document: Document, who: str = "") -> tuple[str, ...]:
        """What a job document gives, a line a service."""
        return tuple(
            f"{who}`{service}`: {len(actions)} {'action' if len(actions) == 1 else 'actions'}, within the wall"
            for service, actions in allowed_by_service(document).items()
        )


def external_id_of(pass_: Pass) -> str:
    """The external id with which the guest assumes the login role. No secret: it says whose loan the call is for."""
    return f"guestpass:{pass_.account}:{pass_.name}"


def papers_of(pass_: Pass) -> Papers:
    """Write the documents of a pass. Raises InputError where they do not fit into IAM's quotas."""
    return Papers(
        job=job_policies(pass_),
        wall=wall_document(pass_),
        site=_site_papers(pass_),
        guest=pass_.guest.login != "instance-only",
        login_trust=trust_document(pass_, external_id_of(pass_)) if pass_.guest.login == "role" else None,
    )


def _site_papers(pass_: Pass) -> SitePapers | None:
    runs_as = blueprint_of(pass_).runs_as
    if runs_as is None:
        return None
    return SitePapers(
        runs_as=runs_as,
        job=instance_job_document(pass_),
        wall=instance_wall_document(pass_),
        trust=instance_trust_document(pass_.partition, runs_as=runs_as),
    )
