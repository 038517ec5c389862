"""`guestpass needs app.py`: another program is asked what it sees, alone, without anything of the reader's."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from guestpass.cli import main
from guestpass.needs.calls import PROGRAM

PASS = Path(__file__).parents[2] / "examples" / "php-mysql" / "pass.yaml"
SAMPLES = Path(__file__).parents[1] / "needs" / "second_opinion"

# It answers one call of S3's for each file that it is asked about, and writes down how it was called.
_ANSWERS = """
import json, os, sys
files = sys.argv[sys.argv.index("--language") + 2:]
with open({told!r}, "a") as file:
    print(json.dumps({{"arguments": sys.argv[1:], "environment": dict(os.environ), "input": sys.stdin.read()}}), file=file)
print(json.dumps([{{"Name": "get_object", "PossibleServices": ["s3"], "Metadata": {{
    "Expr": "s3.get_object(Bucket='acme-shop-photos', Key='a')", "Location": f"{{each}}:4.1-4.9",
    "Parameters": [{{"Keyword": {{"name": "Bucket", "value": {{"Resolved": "acme-shop-photos"}}}}}}]}}}} for each in files]))
"""
_PROGRAM = "import boto3\n\ns3 = boto3.client('s3')\ns3.get_object(Bucket='acme-shop-photos', Key='a')\n"


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """`stand_in(text)` puts a program of this text and of the real one's name first on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(text: str) -> Path:
        program = folder / PROGRAM
        program.write_text(f"#!{sys.executable}\n{text}", "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return program

    return make


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "app.py"
    path.write_text(_PROGRAM, "utf-8")
    return path


@pytest.fixture
def ask(capsys):
    """`ask("needs", source, …)` gives the exit code and the JSON answer."""

    def run(*words):
        code = main([*map(str, words), "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out or told.err)

    return run


def test_a_programs_text_gives_needs_with_their_lines(ask, stand_in, app, tmp_path):
    stand_in(_ANSWERS.format(told=str(tmp_path / "told")))
    code, told = ask("needs", app)
    assert code == 0
    (need,) = told["needs"]
    assert (need["action"], need["resources"]) == ("s3:GetObject", ["arn:aws:s3:::acme-shop-photos/*"])
    assert need["source"] == f"{app}:4"
    assert "not to the guest" in told["notes"][0]


def test_with_a_pass_its_role_is_held_against_the_calls(ask, stand_in, app, tmp_path):
    stand_in(_ANSWERS.format(told=str(tmp_path / "told")))
    code, told = ask("needs", app, "--pass", PASS)
    assert code == 0
    lacks, idle = told["notes"][-2:]
    assert "the role `acme-shop-instance` of the pass lacks: `s3:GetObject`" in lacks
    assert "`ssm:GetParameter`" in idle


def test_the_other_program_gets_no_secret_no_home_and_no_way_out(ask, stand_in, app, tmp_path, monkeypatch):
    told = tmp_path / "told"
    stand_in(_ANSWERS.format(told=str(told)))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "GITHUB_TOKEN", "HOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret-of-the-reader")
    assert ask("needs", app)[0] == 0
    (ran,) = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    assert "secret-of-the-reader" not in json.dumps(ran)
    assert ran["input"] == ""
    assert ran["environment"]["DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY"] == "true"
    assert ran["environment"]["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert not Path(ran["environment"]["HOME"]).exists()
    assert ran["arguments"] == ["extract-sdk-calls", "--full-output", "--language", "python", str(app)]


def test_a_folder_is_asked_about_a_language_at_a_time_and_without_libraries(ask, stand_in, tmp_path):
    told = tmp_path / "told"
    stand_in(_ANSWERS.format(told=str(told)))
    source = tmp_path / "src"
    for name in ("a.py", "b/c.py", "d.ts", "node_modules/x/e.ts", ".venv/f.py", "notes.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(_PROGRAM if name.endswith(".py") else "x\n", "utf-8")
    code, answer = ask("needs", source)
    assert code == 0
    asked = [json.loads(line)["arguments"] for line in told.read_text("utf-8").splitlines()]
    assert [each[3:] for each in asked] == [
        ["python", str(source / "a.py"), str(source / "b/c.py")],
        ["typescript", str(source / "d.ts")],
    ]
    assert len(answer["needs"]) == 3


def test_a_name_that_looks_like_an_option_is_asked_about_as_a_file(ask, stand_in, tmp_path, monkeypatch):
    told = tmp_path / "told"
    stand_in(_ANSWERS.format(told=str(told)))
    (tmp_path / "-x.py").write_text(_PROGRAM, "utf-8")
    monkeypatch.chdir(tmp_path)
    from guestpass.cli.options import Output
    from guestpass.cli.second import asked_of_code
    from guestpass.cli.talk import Talk
    from guestpass.needs.declared import Scene

    found = asked_of_code("-x.py", Scene(), Talk(Output()))
    assert [need.source for need in found.needs] == ["./-x.py:4"]


def test_what_is_not_seen_exits_4(ask, stand_in, app, tmp_path):
    stand_in(_ANSWERS.format(told=str(tmp_path / "told")))
    app.write_text(_PROGRAM + "boto3.client(which).delete_bucket(Bucket='b')\n", "utf-8")
    code, told = ask("needs", app)
    assert code == 4
    assert [each["line"] for each in told["missing"]] == [5, 5]


def test_without_the_program_it_is_said_how_to_install_it(ask, app, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, told = ask("needs", app)
    assert code == 2
    assert "not installed" in told["says"]
    assert told["hint"] == "pipx install iam-policy-autopilot"


def test_a_program_that_fails_or_answers_something_else_is_refused_with_its_own_words(ask, stand_in, app):
    for text, says in (
        ("import sys; sys.exit('first\\nError: it cannot be')", "failed: Error: it cannot be"),
        ("import sys; sys.exit(3)", "failed: it does not say why"),
        ("print('<html>')", "cannot be read"),
        ("", "cannot be read"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "failed"),
    ):
        stand_in(text)
        code, told = ask("needs", app)
        assert code == 2, text
        assert says in told["says"], text


def test_a_program_that_does_not_answer_in_time_is_ended(ask, stand_in, app, monkeypatch):
    from guestpass.cli import second

    monkeypatch.setattr(second, "_PATIENCE", -9)
    stand_in("import time; time.sleep(60)")
    code, told = ask("needs", app)
    assert code == 2
    assert "did not answer within 1 second" in told["says"]


def test_a_program_that_cannot_be_run_is_said_to_be_so(ask, stand_in, app):
    stand_in("").write_text("#!/nowhere/at/all\n", "utf-8")
    code, told = ask("needs", app)
    assert code == 2
    assert "cannot be run" in told["says"]


def test_policies_for_the_role_are_written_from_the_calls(ask, stand_in, app, tmp_path):
    stand_in(_ANSWERS.format(told=str(tmp_path / "told")))
    code, told = ask("policy", app, "--holder", "role", "--name", "acme-shop")
    assert code == 0
    (policy,) = told["policies"]
    (statement,) = policy["document"]["Statement"]
    assert (statement["Sid"], statement["Action"]) == ("CallS3", "s3:GetObject")


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
def test_the_real_program_is_asked_in_the_same_way(ask, tmp_path):
    path = tmp_path / "shop.py"
    path.write_text((SAMPLES / "shop.py.txt").read_text("utf-8"), "utf-8")
    code, told = ask("needs", path, "--where", "eu-west-1", "--account-id", "111122223333")
    assert code == 4
    assert {need["action"] for need in told["needs"]} >= {"s3:PutObject", "sqs:SendMessage", "iam:PassRole"}
