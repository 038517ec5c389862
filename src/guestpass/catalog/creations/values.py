"""What a call made, and what it ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Creation:
    """One thing that a call made.

    `type` is `service:type` as in ARN formats (`ec2:instance`); `arn` its ARN, or its `id` where AWS gives it no ARN
    (an access key), and may hold a `*` for a part that no record says. `region` is empty for what stands in none.
    `within` are ARNs, ids or names of what it stands in; `parent` is the ARN of the thing that brought it along.
    `again` marks a call that answers in the same way when the thing is there already: it may have made nothing.
    """

    type: str
    arn: str
    id: str
    region: str
    name: str | None = None
    within: tuple[str, ...] = ()
    parent: str | None = None
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """One thing that a call ended: `said` is what the call names it by, any of its ARN, its id and its name.

    `region` is where the call was made; `later` marks what only begins to end (a key's waiting time, a secret's), and
    `off` a call that calls such an end off.
    """

    type: str
    said: str
    region: str
    later: bool = False
    off: bool = False

    def ends(self, *, type: str, region: str, names: tuple[str | None, ...]) -> bool:  # noqa: A002 -- AWS's word
        """Whether a thing of this type, region (empty: in none) and these names is the one that was ended."""
        return self.type == type and region in ("", self.region) and self.said in names


@dataclass(frozen=True, kw_only=True, slots=True)
class CreationPath:
    """Where the record of an event names what the call made.

    `arn` and `id` are places in the record (`responseElements.dBInstanceArn`), looked at in turn; `[]` stands for each
    element of a list, `+` for texts beside each other. Where no `arn` is told it is `format`, AWS's ARN format, filled with
    the id; neither: AWS gives the thing no ARN. `when` and `unless` are places that decide whether this is made, `= a b`
    behind one the words that it must hold; `along_with` is the type of the thing that brings this along.
    """

    type: str
    arn: tuple[str, ...]
    id: tuple[str, ...]
    format: str | None = None
    when: str = ""
    unless: str = ""
    along_with: str | None = None
