"""What a certificate is made of: the account now and before, the ledger, the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from guestpass.account import Snapshot, snapshot_from_json
from guestpass.aws import Hands, look_up_events, take_snapshot
from guestpass.catalog.doors import doors
from guestpass.cli.account import enabled_regions, ledger_path
from guestpass.cli.talk import Talk
from guestpass.errors import AccountError, InputError
from guestpass.ledger import Entry, adopted, began, documents_of, frozen_at, read_ledger
from guestpass.loan import Names
from guestpass.loan.certificate import Certificate, certify
from guestpass.loan.doors import Watched, judge
from guestpass.loan.names import TRAIL_NAME
from guestpass.loan.status import passes_of
from guestpass.loan.step import Call

_GLOBAL = "us-east-1"
"""Where IAM and STS's global endpoint log to."""


def judged(hands: Hands, name: str, talk: Talk) -> Certificate:
    """Read everything there is and judge. Raises InputError for a pass that neither account nor ledger knows."""
    snapshot = take_snapshot(hands)
    entries = read_ledger(ledger_path(hands.caller.account, name))
    standing = next((each for each in passes_of(snapshot, hands.now()) if each.name == name), None)
    if standing is None and not entries:
        raise InputError(
            f"account {hands.caller.account} knows no pass `{name}`, nor does a ledger here",
            hint="guestpass status",
        )
    names = Names.of(name, hands.caller.account, hands.caller.partition)
    if adopted(entries):
        # the baseline was taken when the guest had been there for long: nothing in it can be called the owner's
        talk.say("! the guest was there before the pass: what they planted before it is not judged")
        baseline = None
    else:
        baseline = baseline_of(hands, snapshot, name, talk)
    granted, frozen = began(entries), frozen_at(entries)
    verdicts = judge(
        doors(),
        pass_name=name,
        granted=documents_of(entries),
        snapshot=snapshot,
        baseline=baseline,
        watched=_watched(hands, names.user if came_as_user(entries) else None, granted, talk),
        granted_at=granted,
        frozen_at=frozen,
    )
    state = standing.state if standing else "revoked"
    waits = standing is not None and (standing.waits_until is not None or bool(standing.left))
    return certify(
        verdicts,
        pass_name=name,
        snapshot=snapshot,
        baseline=baseline,
        state="waiting" if state == "revoked" and waits else state,
        granted_at=granted,
        frozen_at=frozen,
        ledger_head=entries[-1].hash if entries else None,
    )


def baseline_of(hands: Hands, snapshot: Snapshot, name: str, talk: Talk) -> Snapshot | None:
    """Fetch the account as it was before the guest came; without it nothing can be called new."""
    trail = next((each for each in snapshot.trails if each.name == TRAIL_NAME), None)
    if trail is None:
        talk.say("! no trail of guestpass: there is no baseline to compare with")
        return None
    key = f"baseline/{name}.json"
    parameters = {"Bucket": trail.bucket, "Key": key}
    call = Call(service="s3", operation="GetObject", parameters=parameters, region=trail.home_region)
    try:
        body = hands.call(call)["Body"].read()
    except AccountError as error:
        talk.say(f"! the baseline cannot be read: {error.says}")
        return None
    return snapshot_from_json(body, file=f"s3://{trail.bucket}/{key}")


def came_as_user(entries: Sequence[Entry]) -> bool:
    """Whether the ledger shows that the guest came as an IAM user and never as a role.

    A role's sessions are logged under names that the guest chooses: only the whole log shows them all.
    """
    steps = {entry.step for entry in entries if entry.verb == "grant" and entry.kind == "intent"}
    return "grant/user" in steps and "grant/role" not in steps


def _watched(hands: Hands, user: str | None, since: datetime | None, talk: Talk) -> Watched | None:
    """Fetch the events of every region that is switched on, of one user or of everyone.

    None where the log cannot be said to be whole.
    """
    if since is None:
        return None
    regions = enabled_regions(hands)
    if regions is None:
        talk.say("! which regions are switched on is not known, so the log is not judged")
        return None
    try:
        looked = look_up_events(hands, (_GLOBAL, *regions), since=since, user_name=user)
    except AccountError as error:
        talk.say(f"! the log cannot be read: {error.says}")
        return None
    whose = f"the user `{user}`" if user else "everyone"
    limits = f"{looked.limits}; asked for {whose} in {len(looked.regions)} regions"
    if looked.unread:
        talk.say(f"! {looked.unread} records of the log are no events, so the log is not judged")
        return None
    return Watched(events=looked.events, since=looked.since, until=looked.until, limits=limits)
