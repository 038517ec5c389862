"""The policies of a job: its needs, fitted onto the group that the guest is in."""

from __future__ import annotations

from collections.abc import Iterable

from guestpass.errors import InputError
from guestpass.needs.fit.fitting import fit
from guestpass.needs.fit.holder import holder
from guestpass.needs.fit.values import TooLarge
from guestpass.needs.need import Need
from guestpass.needs.policies import Document, statements_of


def job_policies(needs: Iterable[Need], *, name: str) -> tuple[tuple[str, Document], ...]:
    """Write the policies that grant the needs: `name`, then `name-2` and so on, each within IAM's quota.

    One statement a purpose, as it stands, as long as that fits; what takes things down stays apart. Raises `InputError`
    when it does not fit onto a group, however exactly it is joined and shortened.
    """
    needs = tuple(needs)
    fitted = fit(
        statements_of(needs),
        name=name,
        holder=holder("group"),
        merge="needed",
        keep=frozenset(need.purpose for need in needs if need.kind == "teardown"),
    )
    if isinstance(fitted, TooLarge):
        sid, characters = fitted.costliest[0]
        raise InputError(
            fitted.why,
            expected=f"at most {fitted.room:,} characters in all",
            hint=f"ask for less: `{sid}` costs most ({characters:,} characters)",
        )
    return fitted.policies
