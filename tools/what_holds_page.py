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
from guestpass.needs.kinds import held_by, kind_of, made_by
from guestpass.needs.resource_types import ResourceType, resource_types
from guestpass.needs.stance import makes

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "what-holds.md"

HEAD = """# What holds, and what does not

By what a policy can tell the guest's own things from everybody else's, for {types} types of {services} services. The wall is
written from these tables (`src/guestpass/needs/resource_types.toml` and `held_by.toml`, and AWS's own lists where they say
nothing); a test holds every type, key and format to the catalogue. This page is made by `tools/what_holds_page.py`.

**Told by**: *name*: the ARN ends in a name that people choose, so own things begin with the pass's name. *tag*: AWS makes up the
id, and policies can ask for the pass's tag. *key*: AWS makes up the id, and every call says to which own thing it belongs.
*the pass*: the pass names the very thing. *nothing*: none of these is possible; a blueprint leaves it out, or lends it with a
warning that you accept.

**Who makes it**: *the guest*: under the pass's name, with the pass's tag, or for an own thing. Where the tag tells own things,
AWS must have a key that tells tagging in the making from tagging what is there, or the guest could adopt yours: *only then*.
Where there is no such key, tags are put only on what carries the pass's already. So *you* make what AWS asks the tagging
action for, and give it the tag; *perhaps* stands where no source says that AWS asks for it.

**Also held by**: keys that hold more, for a blueprint or your own policy. Every type of every other service is derived in the
same way from AWS's lists alone: `guestpass wall` says by what.

**Without a resource**: what changes something and names no thing in the call, so that neither name nor tag of a thing holds it.
What is made that way can be made to carry the pass's tag where AWS lists that key; the rest is held by nothing, and
`guestpass policy` says so where a job needs it.
"""

_TOLD = {"name": "name", "tag": "tag", "key": "key", "shared": "the pass", "nothing": "**nothing**"}
_WRITES = ("Write", "Permissions management", "Tagging")


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
    yield "| type | told by | who makes it | also held by | not held |"
    yield "|---|---|---|---|---|"
    for name in names:
        kind = kind_of(name)
        yield f"| {name.partition(':')[2]} | {_TOLD[kind.own]} | {_maker(name, kind)} | {_keys(name, kind)} | {kind.reach} |"
    yield ""
    yield from _without_resource(service)


def _without_resource(service: str) -> Iterator[str]:
    """The service's writes that take no resource, by what holds them."""
    by: dict[str, list[str]] = defaultdict(list)
    for action in catalog.actions_matching(f"{service}:*"):
        if catalog.resource_types(action) == () and catalog.access_level(action) in _WRITES:
            by[_held(action)].append(f"`{action.partition(':')[2]}`")
    if by:
        yield "Without a resource:\n"
        yield from (f"- {how}: {', '.join(actions)}" for how, actions in sorted(by.items()))
        yield ""


def _held(action: str) -> str:
    name = made_by(action)
    if name is not None:
        keys = {key for tests in kind_of(name).creating[action.partition(":")[2]].values() for key in tests}
        return f"held by {', '.join(f'`{key}`' for key in sorted(keys))}"
    if makes(action) and "aws:RequestTag/${TagKey}" in condition_keys(action):
        return "made with the pass's tag"
    return "held by **nothing**"


def _sources(name: str) -> Iterator[str]:
    yield kind_of(name).source
    if name in held_by():
        yield held_by()[name].page


def _maker(name: str, kind: ResourceType) -> str:
    service, _, type_ = name.partition(":")
    if kind.own == "name":
        return "the guest, tagged" if kind.tagged else "the guest"
    if kind.own != "tag":
        return "the guest" if kind.own == "key" else ""
    if service == "apigateway":
        return (
            "the guest, tagged"  # the tags of APIs in the making have an ARN of their own: the row of `Tags`
        )
    taggers = [
        action for action in catalog.actions_matching(f"{service}:*") if "Tag" in action.partition(":")[2]
    ]
    makers = [] if f":{service}:" not in kind.arn else list(_makers(service, type_))
    if any(f"{service}:CreateAction" in condition_keys(action, type_) for action in taggers):
        return "the guest, tagged, and only then"
    if not makers:
        return ""
    return "you" if any(map(_tags_apart, makers)) else "perhaps the guest"


def _makers(service: str, type_: str) -> Iterator[str]:
    word = type_.replace("-", "").replace(" ", "").lower()
    for action in catalog.actions_matching(f"{service}:*"):
        if makes(action) and action.partition(":")[2].lower().endswith(word):
            yield action


def _tags_apart(maker: str) -> bool:
    """Whether AWS asks for the tagging action when a thing is made with its tags."""
    service, verb = maker.split(":")
    return any(
        each.kind == "tag-on-create"
        for found in (catalog.operation(service, verb), catalog.operation(service, f"{verb}WithTags"))
        if not isinstance(found, catalog.Unmapped)
        for each in found.actions
    )


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
