"""What the account-touching verbs share: whose hands, which pass, where the ledger is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from guestpass.aws import Hands, Outcome, Progress, Target, carry_out, connect
from guestpass.cli.options import Account
from guestpass.cli.talk import Talk
from guestpass.errors import AccountError, InputError
from guestpass.ledger import Ledger, default_path
from guestpass.loan import Pass, read_pass
from guestpass.loan.reading import known_regions
from guestpass.loan.step import Call, Plan
from guestpass.report.page import Span, line

NO_REGION = "no region is set"


def hands_of(account: Account, *, region: str | None = None) -> Hands:
    """Connect with the owner's credentials; `region` is used where no option names one.

    A verb that has only a pass's name needs IAM alone, which has no regions: where none is set anywhere,
    us-east-1.
    """
    target = Target(
        endpoint_url=account.endpoint_url or os.environ.get("AWS_ENDPOINT_URL"),
        profile=account.profile,
        region=account.region or region,
    )
    try:
        return connect(target)
    except InputError as error:
        if target.region is not None or error.says != NO_REGION:
            raise
        return connect(replace(target, region="us-east-1"))


def pass_and_hands(path: Path, account: Account) -> tuple[Pass, Hands]:
    """Read the pass, connect, and read it again against what AWS says: its account, its clock, its regions.

    Raises InputError with the line in the pass; nothing has been changed then.
    """
    first = read_pass(path)
    hands = hands_of(account, region=first.regions[0])
    regions = enabled_regions(hands)
    return read_pass(path, now=hands.now(), account=hands.caller.account, regions=regions), hands


def enabled_regions(hands: Hands) -> tuple[str, ...] | None:
    """Return the regions that are switched on, or None where AWS does not let us ask."""
    try:
        answer = hands.call(Call(service="ec2", operation="DescribeRegions"))
    except AccountError as error:
        if error.code in ("UnauthorizedOperation", "AccessDenied"):
            return None
        raise
    names = {str(region["RegionName"]) for region in answer["Regions"]}
    # an endpoint that is not AWS's may list every partition's regions; credentials reach those of their own alone
    partition = hands.caller.partition
    return tuple(sorted(name for name in names if known_regions().get(name, partition) == partition))


def name_of_pass(word: str) -> str:
    """Return the pass's name: the word itself, or the name inside the file it names."""
    if word.endswith((".yaml", ".yml")) or "/" in word:
        return read_pass(Path(word)).name
    if not word or not all((sign.isascii() and sign.isalnum()) or sign == "-" for sign in word):
        raise InputError(
            f"`{word}` is not the name of a pass",
            expected="a name such as `acme-shop`, or a file `pass.yaml`",
            hint="guestpass status",
        )
    return word


def ledger_path(account: str, pass_name: str) -> Path:
    """Return where this machine keeps the pass's ledger."""
    return default_path(account, pass_name, environment=os.environ, home=Path.home())


@contextmanager
def ledger_of(hands: Hands, pass_name: str) -> Iterator[Ledger]:
    """Open the pass's ledger for writing."""
    with Ledger.open(ledger_path(hands.caller.account, pass_name)) as ledger:
        yield ledger


def carried_out(plan: Plan, hands: Hands, ledger: Ledger, talk: Talk, *, seal: object = None) -> Outcome:
    """Carry the plan out, telling each step; Ctrl-C leaves a true ledger and says what stands."""
    done: list[str] = []

    def tell(progress: Progress) -> None:
        if progress.what == "doing":
            return
        done.append(progress.step.id)
        sign = "✓ done " if progress.what == "done" else "✓ there"
        count = f"{progress.number:>{len(str(progress.of))}}/{progress.of}"
        talk.say(line(Span(sign, "good"), f"  {count}  {progress.step.why}", hang=11 + len(count)))

    try:
        return carry_out(plan, hands, ledger, seal=seal, tell=tell)  # type: ignore[arg-type]
    except KeyboardInterrupt as stopped:
        stands = ", ".join(done) if done else "no step is known to have taken effect"
        raise KeyboardInterrupt(
            f"{len(done)} of {len(plan.steps)} steps done ({stands}); the next one may or may not have been; "
            "run the same command again: what is done is not done twice"
        ) from stopped
