"""Write `docs/reference/what-holds.md` from the tables of what holds resources.

python tools/what_holds_page.py          write the page
python tools/what_holds_page.py --check  exit 1 if the page differs from what would be written
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from guestpass import catalog
from guestpass.catalog.actions import condition_keys
from guestpass.needs.kinds import held_by, kind_of
from guestpass.needs.resource_types import ResourceType, resource_types

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "what-holds.md"

HEAD = """# What holds, and what does not

By what a policy can tell the guest's own things from everybody else's, for {types} types of {services} services. The wall is
written from these tables (`src/guestpass/needs/resource_types.toml` and `held_by.toml`, and AWS's own lists where they say
nothing); a test holds every type, key and format to the catalogue. This page is made by `tools/what_holds_page.py`.

**Told by**: *name*: the ARN ends in a name that people choose, so own things begin with the pass's name. *tag*: AWS makes up the
id, and policies can ask for the pass's tag. *the pass*: the pass names the very thing. *nothing*: neither is possible;
a blueprint leaves it out, or lends it with a warning that you accept.

**Tagged in the making**: the call that makes it can be made to carry the pass's tag; *and only then*: AWS has a key that
tells tagging in the making from adopting what is there. Where the tag tells own things and there is no such key, tags are
put only on what carries the pass's already.

**Also held by**: keys that hold more, for a blueprint or your own policy. Every type of every other service is derived in the
same way from AWS's lists alone: `guestpass wall` says by what.
"""

_TOLD = {"name": "name", "tag": "tag", "shared": "the pass", "nothing": "**nothing**"}


def types() -> Mapping[str, list[str]]:
    """The types that the page tells of, by service."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted({*resource_types(), *held_by()}):
        found[name.partition(":")[0]].append(name)
    return found


def page() -> str:
    """The page's text."""
    found = types()
    head = HEAD.format(types=sum(map(len, found.values())), services=len(found))
    return "\n".join((head, *(line for service, names in found.items() for line in _service(service, names))))


def _service(service: str, names: list[str]) -> Iterator[str]:
    pages = dict.fromkeys(source for name in names for source in _sources(name))
    yield f"## {service}\n"
    yield (
        "AWS: "
        + ", ".join(f"[{link.rsplit('/', 1)[-1].removesuffix('.html')}]({link})" for link in pages)
        + "\n"
    )
    yield "| type | told by | tagged in the making | also held by | not held |"
    yield "|---|---|---|---|---|"
    for name in names:
        kind = kind_of(name)
        yield f"| {name.partition(':')[2]} | {_TOLD[kind.own]} | {_tagged(name, kind)} | {_keys(name, kind)} | {kind.reach} |"
    yield ""


def _sources(name: str) -> Iterator[str]:
    yield kind_of(name).source
    if name in held_by():
        yield held_by()[name].page


def _tagged(name: str, kind: ResourceType) -> str:
    service, _, type_ = name.partition(":")
    taggers = (
        action for action in catalog.actions_matching(f"{service}:*") if "Tag" in action.partition(":")[2]
    )
    only = any(f"{service}:CreateAction" in condition_keys(action, type_) for action in taggers)
    return ("yes, and only then" if only else "yes") if kind.tagged else "only then" if only else "no"


def _keys(name: str, kind: ResourceType) -> str:
    told = dict(held_by()[name].keys) if name in held_by() else {}
    written = [*kind.creating.values(), kind.changing, kind.using]
    asked = {key for tests in written for operator in tests.values() for key in operator}
    said = [f"`{key}`: {what}" for key, what in told.items()]
    return "; ".join((*said, *(f"`{key}`" for key in sorted(asked - set(told)))))


def main() -> int:
    """Write the page, or check it."""
    text = page()
    if "--check" in sys.argv:
        return int(TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
