"""What `guestpass init` writes is what `read_pass` reads."""

from __future__ import annotations

from hypothesis import given

from guestpass.loan import Pass
from guestpass.loan.reading import parse_pass
from guestpass.loan.writing import pass_text
from loan.passes import passes


@given(passes())
def test_a_written_pass_reads_back_equal(pass_: Pass) -> None:
    assert parse_pass(pass_text(pass_)) == pass_


@given(passes())
def test_every_line_of_a_written_pass_is_short_of_surprises(pass_: Pass) -> None:
    """Only printable text, and no line that a later hand could mistake for a field."""
    for line in pass_text(pass_).splitlines():
        assert line.isprintable()
        assert line == "" or line.startswith("#") or ":" in line
