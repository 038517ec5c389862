"""`guestpass decide`: the evaluation engine for other programs, one JSON a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from guestpass.cli.options import Output
from guestpass.cli.talk import Talk


def decide(
    *,
    batch: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    output: Output | None = None,
) -> int:
    """Decide requests for other programs: one JSON a line in, one a line out.

    A line holds `id`, `principal`, `action`, `resource`, `context` and `policies` by layer (`identity`, `boundary`,
    `session`, `resource`, `scp`, `rcp`, `endpoint`; absent: not in force); the answer has `decision` (`allowed`,
    `explicit_deny`, `implicit_deny` or `undecided`), `blocked_by`, `by` and `why`. A line that cannot be read is
    answered with `error`, and the rest go on. Exits 1 if no line could be read.

    Parameters
    ----------
    batch
        The file of questions (JSON Lines), or `-`.
    """
    from guestpass.access import evaluate
    from guestpass.access.question import Questions, id_of
    from guestpass.errors import InputError
    from guestpass.report.decision import answer_json
    from guestpass.report.stopped import stopped_json

    talk = Talk(output or Output())
    questions = Questions()
    read = failed = 0
    with ExitStack() as open_files:
        for number, line in enumerate(_lines(batch, open_files), start=1):
            if not line.strip():
                continue
            try:
                question = questions.read(line)
            except InputError as error:
                failed += 1
                talk.event({"id": id_of(line), "error": stopped_json(error) | {"line": number}})
                continue
            read += 1
            talk.event(answer_json(question.id, evaluate(question.request, question.layers)))
    return 1 if failed and not read else 0


def _lines(path: Path, open_files: ExitStack) -> Iterator[bytes]:
    """The lines of a file or of standard input, as they come. Raises InputError."""
    from guestpass.errors import InputError, Place

    if str(path) == "-":
        return iter(sys.stdin.buffer)
    try:
        return iter(open_files.enter_context(path.open("rb")))
    except OSError as error:
        raise InputError(
            f"`{path}` cannot be read: {(error.strerror or 'unknown reason').lower()}",
            place=Place(file=str(path)),
            hint="guestpass decide --batch questions.jsonl",
        ) from error
