"""Reading a statement's Principal or NotPrincipal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guestpass.access.policy.notes import Notes, quoted, texts_of
from guestpass.access.policy.values import PolicyKind, PrincipalPattern, Principals

WITH_PRINCIPALS: set[PolicyKind] = {"resource", "trust", "rcp"}
EVERYONE = Principals(values=(PrincipalPattern(kind="AWS", value="*"),))

_NAMED_PRINCIPAL = re.compile(
    r"arn:[a-z0-9-]+:(?:"
    r"iam::[0-9]{12}:(?:root|user/[^*?]+|role/[^*?]+)"
    r"|sts::[0-9]{12}:(?:assumed-role|federated-user)/[^*?]+)"
)
_FORMS = {
    "AWS": re.compile(rf"\*|[0-9]{{12}}|A(?:IDA|ROA)[A-Z0-9]+|{_NAMED_PRINCIPAL.pattern}"),
    "Service": re.compile(r"[a-z0-9.-]+\.[a-z.]+"),
    "Federated": re.compile(
        r"arn:[a-z0-9-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*?]+|[^\s*?:]+\.[^\s*?:]+"
    ),
    "CanonicalUser": re.compile(r"[0-9a-fA-F]+"),
}


def principals_of(data: Mapping[str, Any], kind: PolicyKind, notes: Notes) -> Principals | None:
    """Read Principal or NotPrincipal; everyone where it cannot be read, None where the kind has none."""
    given = [element for element in ("Principal", "NotPrincipal") if element in data]
    if not given:
        if kind in WITH_PRINCIPALS:
            notes.add("POL004", "a statement here has Principal or NotPrincipal")
            return EVERYONE
        return None
    if kind not in WITH_PRINCIPALS | {"endpoint"}:
        notes.add("POL010", f"a policy used as {kind} has no {given[0]}")
        return None
    if len(given) > 1:
        notes.add("POL004", "a statement has Principal or NotPrincipal, and this has both")
        return EVERYONE
    entries = _entries_of(data[given[0]], notes)
    return EVERYONE if entries is None else Principals(values=entries, negated=given[0] == "NotPrincipal")


def _entries_of(data: object, notes: Notes) -> tuple[PrincipalPattern, ...] | None:
    if data == "*":
        # AWS: IAM JSON policy elements: Principal (rule 41: the same as {"AWS": "*"})
        return EVERYONE.values
    if not isinstance(data, Mapping) or not data:
        # AWS: Grammar of the IAM JSON policy language (rule 43)
        notes.add("POL009", f"{quoted(data)} is no principal")
        return None
    entries: list[PrincipalPattern] = []
    clear = True
    for sort, listed in data.items():
        values = texts_of(listed)
        form = _FORMS.get(sort)
        if form is None or values is None:
            notes.add("POL009", f"{quoted(sort)} with these values names no principals")
            clear = False
            continue
        wrong = [value for value in values if not form.fullmatch(value)]
        notes.extend("POL009", (f"{quoted(value)} is no principal of the kind {sort}" for value in wrong))
        clear = clear and not wrong
        entries.extend(PrincipalPattern(kind=sort, value=value) for value in values)
    return tuple(entries) if clear else None
