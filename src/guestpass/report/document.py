"""The deployment document: what stands, where, who made it and by which event; Markdown with a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from guestpass.inventory import Inventory, Item
from guestpass.report.inert import cell, code_span, inert, inert_markdown

_MOST_DRAWN = 100


def document_markdown(told: Inventory) -> str:
    """Return the document. Names and tags come from the guest: they stand as text and nothing else."""
    there = [item for item in told.items if item.still == "there"]
    unsure = [item for item in told.items if item.still == "not known"]
    gone = [item for item in told.items if item.still == "gone"]
    parts = [
        f"# What was deployed under {inert_markdown(told.pass_name)}\n",
        f"Account {code_span(told.account)}, read at {told.at:%Y-%m-%d %H:%M} UTC: {len(there)} things stand, "
        f"{len(gone)} are gone{f', of {len(unsure)} it is not known' if unsure else ''}. "
        "Everything here is from the record of calls and from the account itself.\n",
        "## How it stands\n",
        _drawing(told.account, there) if there else "Nothing stands.\n",
        "## What stands\n",
        _table(there),
    ]
    if unsure:
        parts += ["## Made, and not looked for in the account\n", _table(unsure)]
    if gone:
        parts += ["## What is gone\n", _table(gone)]
    if told.strange:
        parts += ["## What the record does not say\n", _strange(told)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _table(items: Iterable[Item]) -> str:
    rows = [
        "| resource | id or ARN | region | made by | when | event | name | ended |\n|---|---|---|---|---|---|---|---|\n"
    ]
    for item in items:
        made, ended = item.made, item.ended
        by = (
            made.by.rsplit("/", 1)[-1]
            if made
            else "with its parent"
            if item.parent
            else "its tag alone says so"
        )
        cells = (
            cell(item.type),
            code_span(item.id).replace("|", "\\|"),
            cell(item.region),
            cell(by),
            f"{made.at:%Y-%m-%d %H:%M}" if made else "",
            cell(made.event) if made else "",
            cell(item.name or ""),
            f"{ended.at:%Y-%m-%d %H:%M} by {cell(ended.by.rsplit('/', 1)[-1])}" if ended else "",
        )
        rows.append("| " + " | ".join(cells) + " |\n")
    return "".join(rows) if len(rows) > 1 else "Nothing.\n"


def _strange(told: Inventory) -> str:
    return "".join(
        f"- {inert_markdown(each.call)} at {each.at:%Y-%m-%d %H:%M}, event {inert_markdown(each.event)}: "
        f"{inert_markdown(each.why)}\n"
        for each in told.strange
    )


def _drawing(account: str, items: list[Item]) -> str:
    return "```mermaid\nflowchart TB\n" + "\n".join(_boxes(account, items)) + "\n```\n"


def _boxes(account: str, items: list[Item]) -> Iterator[str]:
    """Boxes in boxes: account, region, VPC, subnet; what stands in none lies beside. Ids are numbers, never names."""
    numbers = count(1)

    def fresh(letter: str) -> str:
        return f"{letter}{next(numbers)}"

    yield f'  subgraph account["account {_label(account)}"]'
    for region in sorted({item.region for item in items}):
        mine = [item for item in items if item.region == region]
        yield f'    subgraph {fresh("r")}["{_label(region or "everywhere")}"]'
        for vpc in (*sorted({_place(item, "vpc-") for item in mine if _place(item, "vpc-")}), ""):
            inside = [item for item in mine if _place(item, "vpc-") == vpc]
            indent = "      "
            if vpc:
                yield f'{indent}subgraph {fresh("v")}["{_label(vpc)}"]'
                indent += "  "
            for subnet in (*sorted({_place(i, "subnet-") for i in inside if _place(i, "subnet-")}), ""):
                within = [item for item in inside if _place(item, "subnet-") == subnet]
                deep = indent
                if subnet:
                    yield f'{deep}subgraph {fresh("s")}["{_label(subnet)}"]'
                    deep += "  "
                for text in _things(within, many=len(items) > _MOST_DRAWN):
                    yield f'{deep}{fresh("t")}["{text}"]'
                if subnet:
                    yield f"{indent}end"
            if vpc:
                yield "      end"
        yield "    end"
    yield "  end"


def _things(items: list[Item], *, many: bool) -> Iterator[str]:
    if not many:
        for item in items:
            name = f"<br/>{_label(item.name)}" if item.name and item.name != item.id else ""
            yield f"{_label(item.type)}<br/>{_label(item.id)}{name}"
        return
    for kind in sorted({item.type for item in items}):
        yield f"{sum(item.type == kind for item in items)} of {_label(kind)}"


def _place(item: Item, letters: str) -> str:
    told = (part.rsplit("/", 1)[-1] for part in item.within)
    return next((part for part in told if part.startswith(letters)), "")


def _label(text: str) -> str:
    """A label that Mermaid shows as it is: quotes and brackets as entities, at most sixty letters."""
    shown = inert(text)[:60]
    return "".join(sign if sign.isalnum() or sign in " -_./:" else f"#{ord(sign)};" for sign in shown)
