"""`guestpass more`: a refused call, the smallest addition to the pass, and what else that lets happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk
from guestpass.errors import InputError, Place, StaleError

if TYPE_CHECKING:
    from guestpass.account import Snapshot
    from guestpass.loan import Pass
    from guestpass.loan.agreement import Also
    from guestpass.loan.more import Answer, Circumstances, Refusal, Unsaid

_MOST = 16 << 20
_SNAPSHOT = 512 << 20
_FORMS = "a client's message, CloudTrail's event or a decoded message: as a text, a file, or `-`"
# one word each time: what stands behind it may be the message
Listed = Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=False, show_default=False)]


def more(
    pass_file: Path,
    call: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    from_trail: Flag = False,
    on: Listed = (),
    to: Listed = (),
    why: str | None = None,
    write: Flag = False,
    snapshot: Path | None = None,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Answer a refused call with the smallest addition to the pass, for you to agree to.

    Says whether it is the pass that refuses, proposes what to add under `job.also`, what else that would
    allow, and which ways back in it would open. Nothing is granted by it: `guestpass plan` shows the pass
    with the addition, `guestpass grant` lends it. Exits 3 where something is to be added or a limit of the
    pass refuses, 0 where the pass allows the call as it stands, 4 where the message does not tell enough.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    call
        What the guest's client printed, an event of CloudTrail's or a decoded message, as a text, a file or
        `-`; with `--from-trail` the log files: a folder, or `s3://BUCKET/PREFIX`.
    from_trail
        Answer every refused call of the guest's in the trail that guestpass keeps.
    on
        The ARN that the call was about, where the message does not name it; again for a second one.
    to
        The service that a role is handed to, where the message does not tell: `lambda.amazonaws.com`.
    why
        Why you agree; it stands in the pass beside the addition.
    write
        Put the lines into the pass; everything else in it stays as it is.
    snapshot
        What the account holds, as `guestpass snapshot` wrote it: what the addition reaches is then said.
    """
    from guestpass.loan.more import Told, exit_code
    from guestpass.loan.more import more as answered
    from guestpass.report.more import more_json, more_page

    talk = Talk(output or Output())
    if from_trail:
        pass_, around, refusals, whole = _of_trail(pass_file, call, account or Account(), talk)
    else:
        pass_, around, refusals = _of_call(pass_file, call, snapshot)
        whole = True
    told = answered(pass_, refusals, around, Told(on=tuple(on), to=tuple(to), why=_line(why)))
    _require_lendable(told.answers)
    if write and told.unfit is not None:
        raise InputError(
            f"nothing was written: {told.unfit}",
            expected="fewer of them, by one message each",
            hint=f"guestpass wall {pass_file}",
        )
    written = bool(write and told.also)
    if written:
        _write(pass_file, pass_, told.also)
    talk.show(more_page(told, written=str(pass_file) if written else None), more_json(told, written=written))
    if not told.answers:
        talk.say("nothing of the guest's was refused")
    if written:
        talk.next(f"guestpass plan {pass_file}")
    elif told.also and told.unfit is None:
        said = f"--from-trail{f' {call}' if call else ''}" if from_trail else "MESSAGE"
        talk.next(f"guestpass more {pass_file} {said} --write")
    left = tuple(answer for answer in told.answers if not (written and answer.kind == "add"))
    return exit_code(left) if whole else 4


def _of_call(
    pass_file: Path, call: str | None, snapshot: Path | None
) -> tuple[Pass, Circumstances, tuple[Refusal | Unsaid, ...]]:
    from datetime import UTC, datetime

    from guestpass.account import snapshot_from_json
    from guestpass.cli.files import read_input
    from guestpass.loan import read_pass
    from guestpass.loan.more import Circumstances, of_text

    if call is None:
        raise InputError(
            "nothing is said of the call", expected=_FORMS, hint="guestpass more pass.yaml --from-trail"
        )
    pass_ = _walled(read_pass(pass_file))
    text, file = _text(call)
    read = snapshot_from_json(read_input(snapshot, most=_SNAPSHOT), file=str(snapshot)) if snapshot else None
    if read is not None and read.caller.account != pass_.account:
        raise InputError(
            f"the snapshot is of account {read.caller.account}, and the pass is for {pass_.account}",
            place=Place(file=str(snapshot)),
        )
    refusals = of_text(text, file=file, account=pass_.account, partition=pass_.partition)
    return pass_, Circumstances(now=datetime.now(UTC), snapshot=read), refusals


def _of_trail(
    pass_file: Path, where: str | None, account: Account, talk: Talk
) -> tuple[Pass, Circumstances, tuple[Refusal | Unsaid, ...], bool]:
    """Every refused call of the guest's; the last is False where part of the trail could not be read."""
    from guestpass.cli.account import hands_of
    from guestpass.cli.gathering import looked_at
    from guestpass.loan import read_pass
    from guestpass.loan.more import Circumstances, of_deeds

    pass_ = _walled(read_pass(pass_file))
    hands = hands_of(account, region=pass_.regions[0])
    seen = looked_at(hands, str(pass_file), where, talk)
    if not seen.reading.events:
        raise InputError(
            f"no event is in `{seen.reading.source}`",
            expected="files with what the guest did",
            hint="guestpass usage pass.yaml",
        )
    refusals = of_deeds(
        seen.deeds, account=pass_.account, partition=pass_.partition, profiles=dict(_profiles(seen.snapshot))
    )
    whole = all(finding.severity == "note" for finding in seen.reading.findings)
    return pass_, Circumstances(now=hands.now(), snapshot=seen.snapshot), refusals, whole


def _profiles(snapshot: Snapshot) -> Iterable[tuple[str, str]]:
    roles: Mapping[str, str] = {role.name: role.arn for role in snapshot.roles}
    for profile in snapshot.profiles:
        for name in profile.roles:
            if name in roles:
                yield profile.name, roles[name]


def _walled(pass_: Pass) -> Pass:
    if pass_.guest.login == "instance-only":
        raise InputError(
            "with login `instance-only` the guest holds nothing of AWS, so there is nothing to add to",
            expected="a pass with another login",
        )
    return pass_


def _text(call: str) -> tuple[str, str]:
    """The text itself, and what it is called in complaints: `-` and a file's name are read."""
    from guestpass.cli.files import read_input

    try:
        named = call == "-" or (len(call) < 4096 and Path(call).is_file())
    except (OSError, ValueError):
        named = False
    if not named:
        if " " not in call.strip() and call.endswith((".json", ".txt", ".log")):
            raise InputError(f"there is no file `{call}`", place=Place(file=call), expected=_FORMS)
        return call, "the message"
    try:
        return read_input(Path(call), most=_MOST).decode(
            "utf-8-sig"
        ), "standard input" if call == "-" else call
    except UnicodeDecodeError:
        raise InputError("this is not UTF-8 text", place=Place(file=call), expected=_FORMS) from None


def _line(why: str | None) -> str | None:
    """The owner's reason as one line. Raises InputError for one that the pass would not take."""
    if why is None:
        return None
    said = " ".join(why.split())
    if not 0 < len(said) <= 200 or not said.isprintable():
        raise InputError("`--why` cannot stand in the pass", expected="one line of at most 200 characters")
    return said


def _require_lendable(answers: tuple[Answer, ...]) -> None:
    """Stop where all that was asked for is never lent."""
    if answers and all(answer.kind == "never" for answer in answers):
        first = answers[0]
        raise InputError(first.says, expected=first.do, hint="guestpass wall pass.yaml")


def _write(path: Path, pass_: Pass, also: tuple[Also, ...]) -> None:
    """Put the entries into the pass's text. Raises InputError and writes nothing where that is not safe."""
    from guestpass.cli.files import read_bytes, write_whole
    from guestpass.loan.reading import parse_pass
    from guestpass.loan.writing import with_also

    raw = read_bytes(path)
    mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    text = raw.decode("utf-8-sig")
    if parse_pass(text, file=str(path), beside=path.parent) != pass_:
        raise StaleError("the pass was changed while this was worked out", hint=f"guestpass doctor {path}")
    written = with_also(text, also, file=str(path), beside=path.parent)
    write_whole(path.resolve(), mark + written, mode=path.stat().st_mode & 0o777)
