"""`Pass` in, commented `pass.yaml` text out: what `guestpass init` writes, and what `read_pass` reads back
equal. And more agreed to, put into the text that the owner keeps, whose every line stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from guestpass.errors import InputError
from guestpass.loan.agreement import Also, Guest, Job, Network, Pass
from guestpass.loan.reading import parse_pass
from guestpass.needs import blueprint, options_of
from guestpass.needs.tree import Branch, read_tree

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/+=-]*( [A-Za-z0-9._@/+=-]+)*|[0-9T:-]+Z")
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_HEAD = """\
# A guest pass: who may work in this account, on what, where, until when, for how much.
# Check it with `guestpass doctor`, see what it would grant with `guestpass plan`.
"""


def pass_text(pass_: Pass) -> str:
    """Print a pass as the commented YAML that the owner keeps."""
    job, spend = pass_.job, pass_.spend
    return "".join(
        (
            _HEAD,
            _field("pass", pass_.name, "the names of everything granted begin with it"),
            _field("account", pass_.account, "the account that is lent"),
            "\nguest:\n",
            _guest(pass_.guest),
            "\njob:\n",
            _field("  blueprint", job.blueprint, "what will be built"),
            _sizes(job),
            _with(job),
            _list("  accept", job.accept, "what no policy holds closely, and you accept")
            if job.accept
            else "",
            "  also:  # agreed beyond the blueprint\n" if job.also else "",
            *(also_text(also) for also in job.also),
            _network(pass_.network),
            "\n",
            _list("regions", pass_.regions, "everywhere else is refused"),
            _field(
                "until",
                f"{pass_.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "from then on everything is refused",
            ),
            "\nspend:  # watched by a budget; no policy can hold money\n",
            _field("  monthly-usd", f"{spend.monthly_usd:f}"),
            _field("  notify", spend.notify),
        )
    )


def _sizes(job: Job) -> str:
    """What the blueprint asks of sizes and images; nothing where it asks nothing."""
    asks = blueprint(job.blueprint, text=job.written).asks
    return "".join(
        _list(f"  {name}", values, note)
        for name, values, note in (
            ("instance-types", job.instance_types, "no other size can be launched"),
            ("database-classes", job.database_classes, "no other size can be made"),
            ("image-owners", job.image_owners, "whose machine images may be launched"),
        )
        if name in asks
    )


def also_text(also: Also, *, indent: str = "    ") -> str:
    """Print one thing agreed beyond the blueprint as an entry of `job.also`; `indent` stands before its dash."""
    actions = ", ".join(each if _ACTION.fullmatch(each) else _quoted(each) for each in also.actions)
    fields = [
        f"actions: [{actions}]\n",
        *([_list("on", also.on)] if also.on != ("*",) else ()),  # left out, it says the same
        *([_list("to", also.to)] if also.to else ()),
        _field("why", also.why),
    ]
    return "".join(f"{indent}{'  ' if number else '- '}{field}" for number, field in enumerate(fields))


def with_also(text: str, added: Iterable[Also], *, file: str, beside: Path = Path()) -> str:
    """Put entries into the `job.also` of a pass's text: lines are added, and not one that is there is changed.

    `beside` is the folder of a blueprint of one's own. Raises `InputError` where the text says the job on one line, or
    where what comes out does not read back as the pass with the entries: then nothing is to be written.
    """
    added = tuple(added)
    before = parse_pass(text, file=file, beside=beside)
    wanted = replace(before, job=replace(before.job, also=(*before.job.also, *added)))
    job = read_tree(text, file=file).mapping()["job"]
    entries = job.mapping()
    listed = entries.get("also")
    _require_lines(job if listed is None else listed)
    at = _end(listed.node if listed is not None else job.node)
    if listed is None:
        first = min(key.start_mark.column for key, _ in job.node.value)
        head, indent = f"{' ' * first}also:  # agreed beyond the blueprint\n", " " * (first + 2)
    else:
        # the column of a list is that of its first dash
        head, indent = "", " " * int(listed.node.start_mark.column)
    new = head + "".join(also_text(each, indent=indent) for each in added)
    lines = text.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += ending
    written = "".join((*lines[:at], new.replace("\n", ending), *lines[at:]))
    try:
        if parse_pass(written, file=file, beside=beside) == wanted:
            return written
    except InputError as error:
        raise InputError(
            f"the pass with this would not be one: {error.says}",
            expected=error.expected,
            hint="add the lines by hand",
        ) from error
    raise _by_hand(job)


def _require_lines(branch: Branch) -> None:
    """Refuse `{…}` and `[…]`: where a line would go in is not sure there."""
    if not isinstance(branch.node, MappingNode | SequenceNode) or branch.node.flow_style:
        raise _by_hand(branch)


def _by_hand(branch: Branch) -> InputError:
    return InputError(
        "the lines cannot be put in here safely: nothing was written",
        place=branch.place,
        expected="one field or entry a line, without `{` and `[` around them",
        hint="add the lines by hand",
    )


def _end(node: Node) -> int:
    """The number of lines down to the last one that a part of the tree takes, comments behind it not counted."""
    block = isinstance(node, MappingNode | SequenceNode) and not node.flow_style
    if block and node.value:
        last = node.value[-1]
        key, value = last if isinstance(last, tuple) else (last, last)
        return max(int(key.start_mark.line) + 1, _end(value))
    line, column = int(node.end_mark.line), int(node.end_mark.column)
    return line if column == 0 and line > node.start_mark.line else line + 1


def _network(network: Network | None) -> str:
    if network is None:
        return ""
    head = "\nnetwork:  # used, never changed\n"
    return head + _field("  vpc", network.vpc) + _list("  subnets", network.subnets)


def _with(job: Job) -> str:
    offers = options_of(job.blueprint, text=job.written)
    if not job.options:
        offered = ", ".join(offers)
        return f"  # with: beyond the blueprint's core it offers {offered}\n" if offered else ""
    lines = ["  with:\n"]
    for taken in job.options:
        option = offers[taken.option]
        if not taken.says:
            lines.append(_field(f"    {taken.option}", "yes", option.title))
            continue
        lines.append(f"    {taken.option}:  # {option.title}\n")
        for field, values in taken.says:
            several = option.asks[field] == "domains"
            lines.append(_list(f"      {field}", values) if several else _field(f"      {field}", values[0]))
    return "".join(lines)


def _guest(guest: Guest) -> str:
    words = {
        "access-key": "an IAM user's access key",
        "console": "a console password; MFA is required",
        "role": "a role that the guest assumes from their own account",
        "instance-only": "an SSH key to the instance that is built for them; nothing of AWS",
    }
    lines = [_field("  name", guest.name), _field("  login", guest.login, words[guest.login])]
    if guest.key is not None:
        use = "it opens the instance" if guest.login == "instance-only" else "credentials are sealed to it"
        lines.append(_field("  key", guest.key, f"public key; {use}"))
    if guest.was is not None:
        lines.append(
            _field("  was", guest.was, "the IAM user that this pass adopts; credentials stay theirs")
        )
    if guest.account is not None:
        lines.append(_field("  account", guest.account, "the guest's own"))
    if guest.source is not None:
        lines.append(_field("  from", guest.source, "SSH is open for this network alone"))
    if guest.email is not None:
        lines.append(_field("  email", guest.email))
    return "".join(lines)


def _field(name: str, value: str, note: str | None = None) -> str:
    return f"{name}: {_quoted(value)}{f'  # {note}' if note else ''}\n"


def _list(name: str, values: Iterable[str], note: str | None = None) -> str:
    return f"{name}: [{', '.join(_quoted(value) for value in values)}]{f'  # {note}' if note else ''}\n"


def _quoted(value: str) -> str:
    """Write a value so that YAML reads it back: plain where nothing can be mistaken, else in double
    quotes."""
    if _PLAIN.fullmatch(value) and not value.isdigit() and value.lower() != "null":
        return value
    return '"' + "".join(_escaped(letter) for letter in value) + '"'


def _escaped(letter: str) -> str:
    code = ord(letter)
    if letter in '"\\':
        return f"\\{letter}"
    if 32 <= code < 127 or (letter.isalpha() and code < 0x250):
        return letter
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
