"""Everything that is known of a loan, gathered part by part; a part that cannot be had is said, with what brings it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from guestpass import __version__
from guestpass.account.snapshot import Snapshot
from guestpass.aws import Hands, fetch_bill_files, read_account_resources, take_snapshot
from guestpass.bill import Reconciliation, made_by_others, older_than, owners_of, read_bill, reconcile
from guestpass.cli.account import ledger_path, name_of_pass
from guestpass.cli.files import read_bytes
from guestpass.cli.judging import baseline_of
from guestpass.cli.record import reading_of
from guestpass.cli.talk import Talk
from guestpass.cli.telling import moments_of_acts, moments_of_entries
from guestpass.errors import AccountError, InputError
from guestpass.inventory import HandIn, Inventory, compare, inventory_of, read_hand_in
from guestpass.ledger import Entry, adopted, began, certified_at, read_ledger
from guestpass.loan import Names, Pass, read_pass
from guestpass.loan.certificate import Certificate
from guestpass.loan.certified import read_certificate
from guestpass.loan.names import ADOPTED_TAG, TRAIL_NAME
from guestpass.loan.status import Standing, passes_of
from guestpass.report.story import (
    Missing,
    Moment,
    Part,
    Refusal,
    Story,
    access_of,
    moments_of_refusals,
    moments_of_things,
    refusals_of,
    timeline_of,
)
from guestpass.trail import Deed, Reading, Usage, deeds_of, usage_of

LARGEST = 1 << 30
_WITHOUT_REGION = frozenset({"iam", "sts", "signin", "budgets", "bcm-data-exports", "route53", "account"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the user named; what they did not is looked for where guestpass keeps it. `word` is a name or a file."""

    word: str
    trail: str | None = None
    bills: tuple[Path, ...] = ()
    hand_in: Path | None = None
    certificate: Path | None = None


@dataclass(kw_only=True, slots=True)
class Gathering:
    """What has been gathered so far; each part is asked for once."""

    hands: Hands
    talk: Talk
    asked: Asked
    name: str
    names: Names
    pass_: Pass | None
    entries: tuple[Entry, ...]
    missing: list[Missing] = field(default_factory=list)

    def lacks(self, part: Part, why: str, run: str | None = None) -> None:
        """Note that a part cannot be told."""
        self.missing.append(Missing(part=part, why=why, run=run))


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What one look at trail and account gives: the reading, whose doing it was, what was used and what was made."""

    name: str
    pass_: Pass | None
    reading: Reading
    deeds: tuple[Deed, ...]
    snapshot: Snapshot
    usage: Usage
    inventory: Inventory


def looked_at(hands: Hands, word: str, trail: str | None, talk: Talk, *, wide: bool = True) -> Looked:
    """Read trail and account for one pass; `wide` lists all that guestpass knows how to list.

    Raises InputError where there is no trail to read, AccountError."""
    name, pass_ = pass_of(word, hands, talk)
    account, partition = hands.caller.account, hands.caller.partition
    entries = read_ledger(ledger_path(account, name))
    all_ = Gathering(
        hands=hands,
        talk=talk,
        asked=Asked(word=word, trail=trail),
        name=name,
        names=Names.of(name, account, partition),
        pass_=pass_,
        entries=entries,
    )
    reading = reading_of(hands, trail=trail, since=began(entries), talk=talk)
    snapshot = snapshot_for(all_, reading, wide=wide)
    if standing_of(all_, snapshot) is None and not entries and pass_ is None:
        raise InputError(
            f"account {account} knows no pass `{name}`, nor does a ledger here", hint="guestpass status"
        )
    deeds = deeds_in(all_, reading, snapshot)
    return Looked(
        name=name,
        pass_=pass_,
        reading=reading,
        deeds=deeds,
        snapshot=snapshot,
        usage=usage_for(deeds, snapshot),
        inventory=inventory_of(deeds, snapshot, pass_name=name, events=reading.events),
    )


def story_of(hands: Hands, asked: Asked, talk: Talk) -> Story:
    """Gather a loan's story from account, ledger, trail, bill and certificate.

    What the user named and cannot be used raises InputError or AccountError; what was only looked for is missing.
    Raises InputError too for a pass that neither the account nor a ledger knows.
    """
    name, pass_ = pass_of(asked.word, hands, talk)
    account, partition = hands.caller.account, hands.caller.partition
    entries = read_ledger(ledger_path(account, name))
    all_ = Gathering(
        hands=hands,
        talk=talk,
        asked=asked,
        name=name,
        names=Names.of(name, account, partition),
        pass_=pass_,
        entries=entries,
    )
    reading = reading_for(all_)
    snapshot = snapshot_for(all_, reading)
    standing = standing_of(all_, snapshot)
    if standing is None and not entries and pass_ is None:
        raise InputError(
            f"account {account} knows no pass `{name}`, nor does a ledger here", hint="guestpass status"
        )
    deeds = deeds_in(all_, reading, snapshot)
    refusals = refusals_of(deeds) if reading else None
    inventory = inventory_of(deeds, snapshot, pass_name=name, events=reading.events) if reading else None
    usage = usage_for(deeds, snapshot) if reading else None
    hand_in = hand_in_for(all_)
    if pass_ is None:
        all_.lacks("access", "only the pass's name was given", "guestpass report pass.yaml")
    told = Story(
        pass_name=name,
        account=account,
        made_at=hands.now(),
        version=__version__,
        pass_=pass_,
        standing=standing,
        access=access_of(pass_) if pass_ else None,
        refusals=refusals,
        timeline=timeline_for(all_, reading, deeds, inventory, refusals),
        usage=usage,
        reading=reading,
        inventory=inventory,
        hand_in=hand_in,
        difference=compare(inventory, hand_in) if inventory and hand_in else None,
        reconciliation=bill_for(all_, snapshot, reading, deeds, inventory, usage, hand_in),
        certificate=certificate_for(all_),
        gaps=snapshot.gaps,
    )
    return replace(told, missing=tuple(all_.missing))


def pass_of(word: str, hands: Hands, talk: Talk) -> tuple[str, Pass | None]:
    """Return the pass's name and, where its file is known, the pass: the file itself, or `pass.yaml` beside it."""
    name = name_of_pass(word)
    named = word != name
    path = Path(word) if named else Path("pass.yaml")
    if not named and not path.is_file():
        return name, None
    try:
        told = read_pass(path)
    except InputError:
        if named:
            raise
        return name, None
    if not named and told.name != name:
        return name, None
    if told.account != hands.caller.account:
        if not named:
            return name, None
        raise InputError(
            f"`{path}` is a pass of account {told.account}, and these are credentials of {hands.caller.account}",
            hint="--profile NAME",
        )
    if not named:
        talk.say(f"the pass is read from `{path}`")
    return name, told


def reading_for(all_: Gathering) -> Reading | None:
    """Read the trail from the loan's beginning on."""
    try:
        return reading_of(all_.hands, trail=all_.asked.trail, since=began(all_.entries), talk=all_.talk)
    except (InputError, AccountError) as error:
        if all_.asked.trail is not None:
            raise
        parts: tuple[Part, ...] = ("refusals", "usage", "inventory")
        for part in parts:
            all_.lacks(part, error.says, f"guestpass report {all_.asked.word} --trail FOLDER")
        return None


def snapshot_for(all_: Gathering, reading: Reading | None, *, wide: bool = True) -> Snapshot:
    """Read the account, in the pass's regions and in each in which the record shows a change."""
    home = all_.pass_.regions if all_.pass_ else (all_.hands.region,)
    changed = (
        {
            event.region
            for event in reading.events
            if event.region
            and not event.read_only
            and event.error_code is None
            # global services log to us-east-1, whatever region the work is in
            and event.source.partition(".")[0] not in _WITHOUT_REGION
        }
        if reading
        else set()
    )
    regions = (*home, *sorted(changed))
    snapshot = take_snapshot(all_.hands, regions=regions)
    return read_account_resources(all_.hands, regions).onto(snapshot) if wide else snapshot


def standing_of(all_: Gathering, snapshot: Snapshot) -> Standing | None:
    """Say how the pass stands: by the account, and by the ledger where it alone knows of the certificate."""
    passes = passes_of(snapshot, all_.hands.now())
    found = next((each for each in passes if each.name == all_.name), None)
    at = certified_at(all_.entries)
    over = found is None or (found.state == "revoked" and found.waits_until is None)
    if at is None or not over:
        return found
    known = found or Standing(name=all_.name, state="certified", says="")
    return replace(known, state="certified", says=f"certified on {at:%Y-%m-%d}")


def deeds_in(all_: Gathering, reading: Reading | None, snapshot: Snapshot) -> tuple[Deed, ...]:
    """Follow whose doing each event is; a guest who was there before the pass had another ARN then."""
    if reading is None:
        return ()
    path = all_.names.path
    before = {
        user.tags[ADOPTED_TAG] for user in snapshot.users if user.path == path and ADOPTED_TAG in user.tags
    }
    return deeds_of(reading.events, seeds=all_.names.seeds | before)


def usage_for(deeds: Sequence[Deed], snapshot: Snapshot) -> Usage:
    """Say what was used; an instance profile's role is known from the account."""
    caller = snapshot.caller
    return usage_of(
        deeds, account=caller.account, partition=caller.partition, profiles=dict(_profiles(snapshot))
    )


def _profiles(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for profile in snapshot.profiles:
        for name in profile.roles:
            role = snapshot.role(name)
            if role is not None:
                yield profile.name, role.arn
                yield profile.arn, role.arn


def timeline_for(
    all_: Gathering,
    reading: Reading | None,
    deeds: Sequence[Deed],
    inventory: Inventory | None,
    refusals: Sequence[Refusal] | None,
) -> tuple[Moment, ...] | None:
    """Lay the owner's acts and the guest's into one order; the owner's are in this machine's ledger, else in the trail."""
    owner: list[Moment] = []
    if all_.entries:
        owner = list(moments_of_entries(all_.entries))
    elif reading is not None:
        owner = list(moments_of_acts(reading.events, deeds, all_.names))
        all_.lacks(
            "timeline", "no ledger of this pass is on this machine: the owner's acts are the trail's events"
        )
    if reading is None:
        all_.lacks("timeline", "no log file was read, so nothing of the guest's is in it")
        if not owner:
            return None
    theirs = moments_of_things(inventory) if inventory else ()
    return timeline_of(owner, theirs, moments_of_refusals(refusals or ()))


def hand_in_for(all_: Gathering) -> HandIn | None:
    """Read the guest's own list, where one was named."""
    return None if all_.asked.hand_in is None else listed_in(all_.asked.hand_in)


def listed_in(path: Path) -> HandIn:
    """Read the guest's own list. Raises InputError with the place."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is no text: {error.reason}", expected="the list as UTF-8 text") from error
    return read_hand_in(text, file=str(path))


def bill_for(
    all_: Gathering,
    snapshot: Snapshot,
    reading: Reading | None,
    deeds: Sequence[Deed],
    inventory: Inventory | None,
    usage: Usage | None,
    hand_in: HandIn | None,
) -> Reconciliation | None:
    """Hold the bill against what is known: the files that were named, or what the account's export has delivered."""
    if inventory is None or reading is None:
        why = "a bill is explained by what was built, and no log file was read"
        all_.lacks("bill", why, f"guestpass report {all_.asked.word} --trail FOLDER --bill FILE")
        return None
    seen = Looked(
        name=all_.name,
        pass_=all_.pass_,
        reading=reading,
        deeds=tuple(deeds),
        snapshot=snapshot,
        usage=usage if usage is not None else usage_for(deeds, snapshot),
        inventory=inventory,
    )
    try:
        return reconciled(all_.hands, seen, hand_in, all_.asked.bills, None, all_.talk)
    except (InputError, AccountError) as error:
        if all_.asked.bills:
            raise
        all_.lacks("bill", error.says, f"guestpass report {all_.asked.word} --bill FILE")
        return None


def reconciled(
    hands: Hands,
    seen: Looked,
    hand_in: HandIn | None,
    bills: tuple[Path, ...],
    period: str | None,
    talk: Talk,
) -> Reconciliation:
    """Hold a bill against what was looked at. Raises InputError where there is none, or it cannot be read."""
    account, snapshot = hands.caller.account, seen.snapshot
    files, source = _bill_files(hands, seen, bills, period)
    bill = read_bill(files, source=source)
    entries = read_ledger(ledger_path(account, seen.name))
    since = began(entries) or _lent_at(snapshot, seen.name)
    # of a guest who was there before the pass the baseline holds things too: nothing in it is surely the owner's
    baseline = None if adopted(entries) else baseline_of(hands, snapshot, seen.name, talk)
    owners = made_by_others(
        seen.reading.events, seen.deeds, account=account, partition=hands.caller.partition
    )
    owners |= owners_of(baseline) if baseline else frozenset()
    owners |= older_than(snapshot, since) if since else frozenset()
    # what guestpass itself keeps the record in
    owners |= {f"arn:{hands.caller.partition}:s3:::{each.bucket}" for each in snapshot.trails}
    return reconcile(
        bill,
        seen.inventory,
        usage=seen.usage,
        hand_in=hand_in,
        owners=owners,
        pass_name=seen.name,
        since=since,
        account=snapshot,
    )


def _lent_at(snapshot: Snapshot, name: str) -> datetime | None:
    """When the guest's identity was made, for a machine that has no ledger of the pass."""
    caller = snapshot.caller
    seeds = Names.of(name, caller.account, caller.partition).seeds
    users = [user.created for user in snapshot.users if user.arn in seeds]
    roles = [role.created for role in snapshot.roles if role.arn in seeds]
    return min(users + roles, default=None)


def _bill_files(
    hands: Hands, seen: Looked, bills: tuple[Path, ...], period: str | None
) -> tuple[Sequence[tuple[str, bytes]], str]:
    if bills:
        named = tuple((str(path), read_bytes(path, most=LARGEST)) for path in bills)
        return named, ", ".join(name for name, _ in named)
    trail = next((each for each in seen.snapshot.trails if each.name == TRAIL_NAME), None)
    if trail is None:
        raise InputError(
            f"the account has no trail `{TRAIL_NAME}`, in whose bucket the bill would lie",
            hint="guestpass guard pass.yaml",
        )
    names = Names.of(seen.name, hands.caller.account, hands.caller.partition)
    prefix, export = names.bill_prefix, names.bill_export
    fetched = fetch_bill_files(hands, bucket=trail.bucket, prefix=prefix, export=export, period=period)
    return fetched, f"s3://{trail.bucket}/{prefix}/{export}"


def certificate_for(all_: Gathering) -> Certificate | None:
    """Read the certificate that was written: the file that was named, or the one that `certify` writes here."""
    named = all_.asked.certificate
    path = named or Path(f"{all_.name}-certificate.json")
    run = f"guestpass certify {all_.name}"
    if named is None and not path.is_file():
        all_.lacks("certificate", f"there is no `{path}` here", run)
        return None
    try:
        return read_certificate(
            read_bytes(path, most=1 << 24, hint=run),
            file=str(path),
            pass_name=all_.name,
            account=all_.names.account,
        )
    except InputError as error:
        if named is not None:
            raise
        all_.lacks("certificate", error.says, run)
        return None


def told_of(story: Story) -> Mapping[str, bool]:
    """Say which parts the story tells."""
    return {
        "access": story.access is not None,
        "refusals": story.refusals is not None,
        "timeline": story.timeline is not None,
        "usage": story.usage is not None,
        "inventory": story.inventory is not None,
        "bill": story.reconciliation is not None,
        "certificate": story.certificate is not None,
    }
