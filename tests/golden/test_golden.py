"""Real terminal output, byte for byte: 80 columns, without colour and with it.

A changed page is looked at, then kept with `GUESTPASS_GOLDEN=write make test`.
"""

import dataclasses
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bill import story as bill_story
from guestpass.access.decision import Denied, LayerTrace, Nearest, StatementRef
from guestpass.catalog import Escalation, Power
from guestpass.catalog.doors import doors
from guestpass.errors import AccountError, Bug, InputError, Place, StaleError
from guestpass.loan import read_pass
from guestpass.loan.certificate import Certificate
from guestpass.loan.compare import Comparison, Held, Lack, Opened, Openings, Overstep
from guestpass.loan.doors import Verdict
from guestpass.loan.explain import access_in_words, watched
from guestpass.loan.status import Standing
from guestpass.loan.step import Call, Fails, Generated, Plan, Shows, Step
from guestpass.report.bill import bill_page
from guestpass.report.certificate import certificate_markdown, certificate_page
from guestpass.report.checks import Check, checks_page
from guestpass.report.compare import Template, compare_page
from guestpass.report.decision import decision_page
from guestpass.report.explained import explained, explained_page
from guestpass.report.letter import letter_markdown
from guestpass.report.page import Page, text_of
from guestpass.report.plan import plan_page
from guestpass.report.status import status_page
from guestpass.report.stopped import stopped_page
from guestpass.report.summary import summary_page
from guestpass.report.usage import usage_page
from trail import story as usage_story

HERE = Path(__file__).parent
PASS = HERE.parent.parent / "examples" / "php-mysql" / "pass.yaml"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

USER = Call(
    service="iam",
    operation="CreateUser",
    parameters={"UserName": "acme-shop-guest", "Path": "/guestpass/acme-shop/"},
)
PLAN = Plan(
    verb="grant",
    pass_name="acme-shop",
    account="123456789012",
    steps=(
        Step(
            id="grant/user",
            call=USER,
            why="the guest; the wall is around it from its first moment",
            effect=Shows(
                call=Call(service="iam", operation="GetUser"), path="User.UserName", value="acme-shop-guest"
            ),
        ),
        Step(
            id="grant/password",
            call=Call(
                service="iam",
                operation="CreateLoginProfile",
                parameters={"UserName": "acme-shop-guest", "Password": Generated(name="console-password")},
            ),
            why="how the guest comes into the console",
            effect=Fails(call=Call(service="iam", operation="GetLoginProfile"), codes=("NoSuchEntity",)),
            gains=("signing in to the console",),
        ),
        Step(
            id="grant/bucket",
            call=Call(
                service="s3", operation="CreateBucket", parameters={"Bucket": "trail"}, region="eu-west-1"
            ),
            why="the record is kept here",
            effect=Fails(call=Call(service="s3", operation="HeadBucket"), codes=("404",)),
            loses=("what `\x1b[2Jhostile\u202e` could do",),
        ),
    ),
    notes=("the budget watches and warns; it stops nothing",),
)
DOORS = {door.number: door for door in doors()}
OPENED = Openings(
    doors=(
        Opened(door=DOORS[25], by=("sts:GetFederationToken",), rank=2),
        Opened(door=DOORS[130], by=("lambda:CreateFunction", "iam:PassRole"), rank=2),
        Opened(door=DOORS[131], by=("lambda:UpdateFunctionCode",), rank=2),
    ),
    escalations=(
        Escalation(name="EditExistingLambdaFunctionWithRole", actions=("lambda:UpdateFunctionCode",)),
    ),
    exposures={"credentials": ("sts:GetFederationToken",), "data": ("s3:GetObject", "ssm:GetParameter")},
    perhaps=("DOR101",),
)
COMPARISON = Comparison(
    template="PowerUserAccess",
    pass_name="acme-shop",
    needed=("ec2:RunInstances", "iam:PassRole", "rds:StopDBInstance"),
    lacks=(
        Lack(
            action="iam:PassRole",
            why="the servers run with the role that the owner made for them",
            because="no Allow of `PowerUserAccess` names it",
        ),
        Lack(
            action="rds:StopDBInstance",
            why="stop the database, which can leave a snapshot",
            how="part",
            because="statement 1 of `PowerUserAccess`: resource `\x1b[2J` parts ways at `db`",
        ),
    ),
    given=20_501,
    beyond=20_500,
    by_level={"Permissions management": 394, "Write": 11_341, "Tagging": 0, "Read": 5_897, "List": 2_868},
    known=22_321,
    worst=(
        Power(action="cloudtrail:StopLogging", words="stop the trail", rank=1, source="DOR270"),
        Power(
            action="sts:GetFederationToken",
            words="mint sessions that outlive the key",
            rank=2,
            source="DOR025",
        ),
    ),
    unclear=("new:Thing",),
    held=Held(
        steps=(
            Overstep(
                kind="others",
                tried=("ec2:TerminateInstances", "rds:DeleteDBInstance"),
                given={"ec2:TerminateInstances": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789"},
                unclear=("rds:DeleteDBInstance",),
            ),
            Overstep(kind="after", tried=("ec2:TerminateInstances",), given={}),
        ),
        openings=OPENED,
    ),
    data_version="2026-10-27",
)
OWN = Held(steps=(), openings=Openings(doors=OPENED.doors[:1], escalations=(), exposures={}))
ENOUGH = dataclasses.replace(
    COMPARISON,
    template="AnEnterpriseTemplateWhoseNameIsTooLongForATable",
    lacks=(),
    beyond=0,
    by_level={},
    worst=(),
    unclear=(),
    held=Held(steps=(), openings=Openings(doors=(), escalations=(), exposures={})),
)
SOURCE = f"version v12 of {date(2026, 2, 12)}, guestpass's own copy"
COMPARED = Template(comparison=COMPARISON, source=SOURCE)
STANDINGS = (
    Standing(
        name="acme-blog",
        state="granted",
        says="the guest comes in by 1 access key of `acme-blog-guest`",
        until=AT,
    ),
    Standing(
        name="acme-shop",
        state="revoked",
        says="nothing is left but identities that carry the Deny",
        until=AT,
        frozen_at=AT,
        waits_until=datetime(2026, 11, 25, 21, 30, tzinfo=UTC),
        handed_over=("acme-shop-instance", "acme-shop-instance-wall"),
    ),
    Standing(
        name="evil\x1b]0;x\x07", state="frozen", says="not taken back yet", left=("group `guestpass-evil`",)
    ),
)


def ref(layer: str, policy: str, label: str) -> StatementRef:
    return StatementRef(layer=layer, policy=policy, label=label, index=0)  # type: ignore[arg-type]


DENIED = Denied(
    kind="implicit",
    by=(),
    blocked_by=("boundary",),
    trace=(
        LayerTrace(
            layer="identity", outcome="allows", allowed_by=(ref("identity", "acme-shop-job", "Launch"),)
        ),
        LayerTrace(
            layer="boundary",
            outcome="silent",
            nearest=Nearest(
                statement=ref("boundary", "acme-shop-wall", "CreateInstance"),
                parted_at="condition",
                says="ec2:InstanceType: request has `m5.24xlarge`, wants `t3.micro`",
            ),
        ),
    ),
)
_ALL = {door.number: door for door in doors()}
VERDICTS = (
    Verdict(door=_ALL[11], kind="closed", says="the guest's keys are inactive"),
    Verdict(
        door=_ALL[12],
        kind="could_not",
        says="no policy that the guest ever held admits it",
        evidence=("a fact | with `a | bar`",),
    ),
    Verdict(
        door=_ALL[15],
        kind="open",
        says="user that the baseline does not have",
        evidence=("arn:aws:iam::1:user/x",),
        fix="`iam:DeleteUser`",
    ),
    Verdict(door=_ALL[35], kind="not_judged", says="nothing that was looked at decides it"),
)
CERTIFICATE = Certificate(
    pass_name="acme-shop",
    account="123456789012",
    at=AT,
    verdicts=VERDICTS,
    counts={"could_not": 1, "did_not": 0, "is_not": 0, "closed": 1, "open": 1, "not_judged": 1},
    state="revoked",
    granted_at=AT,
    frozen_at=None,
    ledger_head="ab" * 32,
    snapshot="cd" * 32,
    baseline=None,
    gaps={"iam:ListUsers": "AccessDenied"},
    not_judged={"A": "root, account, organisation", "G": "resource policies and grants"},
)
SUMMARY = {
    "granted": True, "refused": 29, "built": 12, "expired": True, "revoked": True,
    "doors": {"could_not": 43, "open": 0}, "seconds_to_lockout": 0.9,
    "tightened": True, "bill": {"explained": "1.02", "undocumented": "0.00"}, "report": "/tmp/x/acme-shop-report.html",
}  # fmt: skip


def plan_with_access() -> Page:
    pass_ = read_pass(PASS)
    return plan_page(PLAN, gained=access_in_words(pass_), watched=watched(pass_))


PAGES: dict[str, Callable[[], Page]] = {
    "usage": lambda: usage_page(usage_story.told(), usage_story.reading()),
    "bill": lambda: bill_page(bill_story.reconciled(), pass_name="acme-shop", account="111122223333", now=AT),
    "plan": lambda: plan_page(PLAN),
    "plan-verbose": lambda: plan_page(PLAN, verbose=True),
    "plan-access": plan_with_access,
    "plan-empty": lambda: plan_page(
        Plan(verb="guard", pass_name="acme-shop", account="123456789012", steps=())
    ),
    "compare": lambda: compare_page((COMPARED,), own=OWN, until=AT),
    "compare-several": lambda: compare_page(
        (COMPARED, Template(comparison=ENOUGH, source="the file a.json")), own=OWN, until=AT
    ),
    "status": lambda: status_page(STANDINGS, account="123456789012", at=AT, gaps={"budgets": "AccessDenied"}),
    "status-none": lambda: status_page((), account="123456789012", at=AT),
    "decision": lambda: decision_page(
        DENIED, who="acme-shop-guest", action="ec2:RunInstances", resource="instance/*"
    ),
    "explain": lambda: explained_page(explained("POL021")),
    "explain-door": lambda: explained_page(explained("DOR025")),
    "certificate": lambda: certificate_page(CERTIFICATE),
    "doctor": lambda: checks_page(
        (
            Check(name="pass", result="ok", says="pass.yaml is well-formed"),
            Check(
                name="guard",
                result="wrong",
                says="9 of its calls are still to be made",
                fix="guestpass guard pass.yaml",
            ),
            Check(name="sight", result="unknown", says="AWS does not tell"),
        )
    ),
    "summary": lambda: summary_page(
        SUMMARY, problems=(), seconds=41.2, folder="/tmp/x", report=Path("/tmp/x/c.md")
    ),
    "summary-problem": lambda: summary_page(
        {**SUMMARY, "revoked": False},
        problems=("`stop the trail` was not refused",),
        seconds=41.2,
        folder="/tmp/x",
        report=None,
    ),
    "error-input": lambda: stopped_page(
        InputError(
            "unknown blueprint `php-mysq`",
            place=Place(file="pass.yaml", line=8, column=14, path="$.job.blueprint"),
            expected="one of `php-mysql`",
            hint="did you mean `php-mysql`?",
        )
    ),
    "error-account": lambda: stopped_page(
        AccountError(
            "step 3 of 15 (`grant/user`) failed: AWS refused `iam:CreateUser` with `AccessDenied`: no \x1b[31m",
            call="iam:CreateUser",
            code="AccessDenied",
            resource="acme-shop-guest",
            request_id="8f1d0c1e-0000",
            step="grant/user",
            stands="done: grant/wall, grant/job",
            hint="run the same command again; what is done is not done twice",
        )
    ),
    "error-stale": lambda: stopped_page(
        StaleError("the account has changed", hint="guestpass plan shows it anew")
    ),
    "error-bug": lambda: stopped_page(
        Bug("guestpass met a `ValueError` at read.py:3 that it did not expect")
    ),
}

DOCUMENTS: dict[str, Callable[[], str]] = {
    "certificate.md": lambda: certificate_markdown(CERTIFICATE),
    "letter.md": lambda: letter_markdown(
        read_pass(PASS), may=access_in_words(read_pass(PASS)), watched=watched(read_pass(PASS))
    ),
}


def held(name: str, text: str) -> None:
    path = HERE / name
    if os.environ.get("GUESTPASS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"there is no {name} yet: GUESTPASS_GOLDEN=write"
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("colour", [False, True], ids=["plain", "colour"])
def test_the_page_reads_as_it_was_kept(name: str, colour: bool) -> None:
    held(f"{name}.{'ansi' if colour else 'txt'}", text_of(PAGES[name](), colour=colour))


@pytest.mark.parametrize("name", PAGES)
def test_the_page_fits_80_columns_and_holds_no_foreign_escape(name: str) -> None:
    page = PAGES[name]()
    text = text_of(page, colour=True)
    bare = re.sub(r"\x1b\[(?:[0-9]|3[1-6])m", "", text)
    assert "\x1b" not in bare
    assert "\u202e" not in bare
    unwrapped = {"".join(span.text for span in each.spans) for each in page if not each.wrap}
    for row in bare.splitlines():
        assert len(row) <= 80 or row.strip() in {each.strip() for each in unwrapped}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_reads_as_it_was_kept(name: str) -> None:
    held(name, DOCUMENTS[name]())


def test_nothing_lies_here_that_no_test_looks_at() -> None:
    known = (
        {f"{name}.{form}" for name in PAGES for form in ("ansi", "txt")} | set(DOCUMENTS) | {"test_golden.py"}
    )
    assert {path.name for path in HERE.iterdir() if path.is_file()} == known
