"""AWS's words on why a call was refused, read by their documented wordings alone.

A message quotes names that the caller chose, so nothing of it is taken over as it stands: the reason is one of a
closed list, and what is quoted counts only where it stands before the last reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOT_SAID = "AWS does not say by what"
OTHER = "another reason"

_START = re.compile(r"is not authorized to perform: (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)(?=[\s.]|$)")
_RESOURCE = re.compile(r"on (?:the )?resource:? ", re.IGNORECASE)
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:(?:\d{12}|aws)?:\S(?:.*\S)?", re.DOTALL)

# AWS: IAM User Guide, "Troubleshoot access denied error messages": "because no … allows the … action" where nothing
# allows, "with an explicit deny in a …" where something denies, since 2025 with the ARN of the policy.
_POLICIES = (
    "identity-based policy",
    "permissions boundary",
    "session policy",
    "resource-based policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
    "role trust policy",
)
_POLICY = "|".join(_POLICIES)
_REASON = re.compile(
    rf"because no (?P<silent>{_POLICY}) allows the \S+ action"
    rf"|with an explicit deny in an? (?P<denies>{_POLICY})"
    r"|(?P<other>because )"
)
_ENCODED = re.compile(r"[.\s]*Encoded authorization failure message:.*$", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a message tells: the action that was refused, on what (None if it names no ARN), and by what, in words."""

    action: str
    resource: str | None
    by: str


def told_by(message: str | None) -> Told | None:
    """What AWS's message says of a refusal; None where it names no action (`Access Denied`, an encoded message)."""
    text = _ENCODED.sub("", message or "")
    start = _START.search(text)
    if start is None:
        return None
    rest = text[start.end() :].strip()
    reasons = [found for found in _REASON.finditer(rest) if not found["other"]] or list(
        _REASON.finditer(rest)
    )
    reason = reasons[-1] if reasons else None
    head = rest[: reason.start()] if reason else rest
    return Told(action=start["action"], resource=_resource(head), by=_words(reason))


def _resource(head: str) -> str | None:
    """The ARN after `on resource:`; S3 puts it in quotation marks."""
    marked = _RESOURCE.match(head)
    if marked is None:
        return None
    named = head[marked.end() :].strip().rstrip(".").strip('"')
    return named if _ARN.fullmatch(named) else None


def _words(reason: re.Match[str] | None) -> str:
    if reason is None:
        return NOT_SAID
    if reason["silent"]:
        return f"no {reason['silent']} allows it"
    if reason["denies"]:
        article = "an" if reason["denies"][0] in "aeiou" else "a"
        return f"an explicit deny in {article} {reason['denies']}"
    return OTHER
