"""One line of a bill, one class: the rules, in the order in which they are asked.

The order, and why:

1. `exact`, `normalised`: the thing itself, made by the guest by the record. Nothing is better evidence. A thing that a
   known one brought along (an instance its volume) has an id too, and is `child`: no call of the guest's made it.
2. `owner` by its ARN: it stood there before the loan, or the record says who else made it. This is asked before names
   and tags, because whoever may tag can put the pass's tag on the owner's things, and a name can be used again.
3. `child` by AWS's own names and tags: these tell which thing, where a pass's tag tells only which pass.
4. `tag`: the pass's tag, or AWS's tag of who made it.
5. `owner` by what the bill says: another account, charged before the loan, made by another user.
6. `account-level`: what is never for a thing: tax, credit, refund, fee, discount, support.
7. lines without an id: `service` where the guest was at that time, `owner` where the owner has things and the guest has
   not been, else `unexplained`.
8. `undocumented`: an id, and nobody to say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from guestpass.bill.children import parent_of
from guestpass.bill.identifiers import Identifier
from guestpass.bill.known import Known, tag
from guestpass.bill.values import Judged, Line

# AWS: Legacy CUR, "Line item details", lineItem/LineItemType
FEES = frozenset({"Fee", "RIFee", "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee"})
_ACCOUNT_LEVEL = FEES | frozenset(
    {
        "BundledDiscount", "Credit", "Discount", "DistributorDiscount", "EdpDiscount", "PrivateRateDiscount",
        "Refund", "RiVolumeDiscount", "SavingsPlanNegation", "SppDiscount", "Tax",
    }
)  # fmt: skip
_SUPPORT = re.compile(r"AWS(Developer|Business|Premium|Enterprise)?Support.*|OCB.*Support.*")
_CREATED_BY = re.compile(r"(Root|IAMUser):([^:]+)(?::(.+))?")


class Judge:
    """Judges lines against what is known. `began` are the keys of what was charged before the loan began."""

    def __init__(
        self, known: Known, *, pass_name: str, since: datetime | None, lines: Iterable[Line]
    ) -> None:
        self._known = known
        self._pass = pass_name
        self._since = since
        self._lines = tuple(lines)
        self._before = {
            self._spelling(line)
            for line in lines
            if line.resource and since is not None and line.end <= since
        }

    def __call__(self, line: Line) -> Judged:
        """Return the line in its one class."""
        here = self._known.identify(line)
        return (
            self._by_item(line, here)
            or self._by_owner(line, here)
            or self._by_parent(line, here)
            or self._by_tag(line)
            or self._by_bill(line)
            or self._by_type(line)
            or (self._without_id(line) if line.resource is None else self._nobody(line))
        )

    def _by_item(self, line: Line, here: Identifier | None) -> Judged | None:
        item = self._known.item(here.key, line) if here else None
        if item is None or here is None:
            return None
        if item.made is None and (arn := self._known.owner(here.key)):
            return Judged(line=line, kind="owner", why=f"`{arn}` stood there before the loan")
        if item.parent:
            above = self._known.parent(item)
            name = above.id if above else item.parent
            return Judged(line=line, kind="child", why=f"came along with `{name}`", item=item)
        said = "the guest made it" if item.made else "it is the pass's by tag or name"
        if line.resource in (item.arn, item.id):
            return Judged(line=line, kind="exact", why=said, item=item)
        return Judged(
            line=line, kind="normalised", why=f"another spelling of `{item.arn}`: {said}", item=item
        )

    def _by_owner(self, line: Line, here: Identifier | None) -> Judged | None:
        arn = self._known.owner(here.key) if here else self._known.owner(("", line.resource or ""))
        if arn is None:
            return None
        return Judged(line=line, kind="owner", why=f"`{arn}` was there before the loan, or others made it")

    def _by_parent(self, line: Line, here: Identifier | None) -> Judged | None:
        found = parent_of(line, self._known, here) if line.resource else None
        return Judged(line=line, kind="child", why=found[1], item=found[0]) if found else None

    def _by_tag(self, line: Line) -> Judged | None:
        if tag(line, "guestpass") == self._pass:
            return Judged(line=line, kind="tag", why="it carries the pass's tag")
        made = _CREATED_BY.fullmatch(tag(line, "aws:createdBy") or "")
        if made and made[1] == "IAMUser" and made[3] in self._known.users:
            return Judged(line=line, kind="tag", why=f"AWS's tag says that `{made[3]}` made it")
        return None

    def _by_bill(self, line: Line) -> Judged | None:
        account = self._known.inventory.account
        if line.account and line.account != account:
            return Judged(line=line, kind="owner", why=f"charged to account {line.account}, not to {account}")
        if self._since is not None and (line.end <= self._since or self._spelling(line) in self._before):
            return Judged(line=line, kind="owner", why="charged before the loan began")
        made = _CREATED_BY.fullmatch(tag(line, "aws:createdBy") or "")
        if made and (made[1] == "Root" or (self._known.usage and made[3] not in self._known.users)):
            who = made[3] if made[1] == "IAMUser" else "the root user"
            return Judged(line=line, kind="owner", why=f"AWS's tag says that `{who}` made it")
        return None

    def _by_type(self, line: Line) -> Judged | None:
        if line.type in _ACCOUNT_LEVEL or _SUPPORT.fullmatch(line.service):
            return Judged(line=line, kind="account-level", why=f"{line.type} is for no thing")
        return None

    def _without_id(self, line: Line) -> Judged:
        where = f"{line.service} in {line.region or 'any region'}"
        if self._known.touched(line):
            return Judged(line=line, kind="service", why=f"the guest used {where} at that time")
        if arn := self._known.owner_uses(line):
            return Judged(line=line, kind="owner", why=f"the guest did not use {where}; `{arn}` is there")
        if self._began_before(line):
            why = f"its time began before the loan, and by the record the guest did not use {where} since"
            return Judged(line=line, kind="owner", why=why)
        return Judged(line=line, kind="unexplained", why=f"nothing is known of {where} at that time")

    def _began_before(self, line: Line) -> bool:
        """Whether the line is of a day on which the loan began, and no stray stands there whose use it could be."""
        partly = self._since is not None and line.start < self._since and self._known.usage is not None
        return partly and (line.service, line.region) not in self._strays

    @cached_property
    def _strays(self) -> frozenset[tuple[str, str]]:
        found = (self(line) for line in self._lines if line.resource is not None)
        return frozenset(
            (each.line.service, each.line.region) for each in found if each.kind == "undocumented"
        )

    def _nobody(self, line: Line) -> Judged:
        return Judged(line=line, kind="undocumented", why="no event, no list and no tag says what it is")

    def _spelling(self, line: Line) -> tuple[str, ...]:
        here = self._known.identify(line)
        return here.key if here else ("", line.resource or "")
