"""`guestpass adopt`: a developer who holds too much already becomes the guest of a pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from guestpass.cli.options import Account, Flag, Output
from guestpass.cli.talk import Talk

if TYPE_CHECKING:
    from guestpass.account.snapshot import IamUser
    from guestpass.aws import Hands
    from guestpass.loan import Pass
    from guestpass.loan.adopting import Proposal
    from guestpass.trail import Event

Listed = Annotated[list[str] | None, Parameter(negative=(), consume_multiple=True)]
_HISTORY = timedelta(days=90)
_GLOBAL = "us-east-1"


def adopt(
    user: str,
    /,
    *,
    until: str | None = None,
    file: Path = Path("pass.yaml"),
    name: str | None = None,
    notify: str | None = None,
    monthly_usd: str = "50",
    regions: Listed = None,
    trail: str | None = None,
    confirm: str | None = None,
    yes: Flag = False,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Put a developer who holds too much already behind a pass.

    Writes the pass from what the user has done, says what they can do beyond it, and shows the plan: the
    wall around them first, wide rights off last; their credentials go on working. Then asks. From there on
    the loan goes on as any other. Where the pass's file is there already, it is taken as it is.

    Parameters
    ----------
    user
        The IAM user, by name.
    until
        When it ends: `2027-01-31T18:00:00Z`.
    file
        The pass to write, or to read where it is there already.
    name
        The pass's name; the user's own when left out.
    notify
        Who gets the budget's alarms.
    monthly_usd
        The amount the budget watches, in US dollars a month.
    regions
        Where they may work; the region they worked in most when left out.
    trail
        A folder or s3://BUCKET/PREFIX with the trail's files; CloudTrail's event history when left out.
    confirm
        The pass's name, instead of typing it.
    yes
        Do not ask at all.
    """
    from guestpass.aws import take_snapshot
    from guestpass.cli.account import carried_out, enabled_regions, hands_of, ledger_of
    from guestpass.cli.granting import unchanged
    from guestpass.errors import InputError
    from guestpass.inventory import inventory_of
    from guestpass.loan.adopting import held_by, proposed, used_beyond
    from guestpass.loan.compare import compare
    from guestpass.loan.explain import access_in_words, watched
    from guestpass.loan.names import ADOPTED_TAG, Names
    from guestpass.loan.plan.adopt import adopt as planned
    from guestpass.loan.plan.adopt import adopted_user
    from guestpass.report.adopt import adopt_json, adopt_page
    from guestpass.report.page import EMPTY, Span, line
    from guestpass.report.plan import plan_json, plan_page
    from guestpass.trail import deeds_of, usage_of

    talk = Talk(output or Output())
    given = account or Account()
    hands = hands_of(given)
    first = take_snapshot(hands)
    known = first.user(user) or next(
        (each for each in first.users if each.tags.get(ADOPTED_TAG, "").rpartition("/")[2] == user), None
    )
    if known is None:
        others = ", ".join(f"`{each.name}`" for each in first.users[:8])
        raise InputError(
            f"account {first.caller.account} has no user `{user}`",
            expected=f"one of {others}" if others else "a user of this account",
            hint="aws iam list-users --query Users[].UserName",
        )
    where = tuple(regions or enabled_regions(hands) or (hands.region,))
    events, source = _events(hands, known, trail, where, talk)
    seeds = frozenset({known.arn, known.tags.get(ADOPTED_TAG, known.arn)})
    deeds = deeds_of(events, seeds=seeds)
    found = proposed(deeds)
    wishes = {"pass": name, "until": until, "spend.notify": notify, "spend.monthly-usd": monthly_usd}
    pass_ = _pass(file, known, user, found, wishes, regions, talk, given, hands)
    snapshot = take_snapshot(hands, regions=pass_.regions)
    held, unread = held_by(known, snapshot)
    told = compare(pass_, user, held)
    usage = usage_of(deeds, account=pass_.account, partition=pass_.partition)
    beyond = used_beyond(usage, told.needed)
    says = {"source": source, "beyond": beyond, "unread": unread}
    talk.say(*adopt_page(user, told, found, **says))  # type: ignore[arg-type]
    inventory = inventory_of(deeds, snapshot, pass_name=pass_.name, events=events)
    shown = planned(pass_, snapshot, adopted_user(pass_, snapshot, user), inventory=inventory)
    gained, unheld = access_in_words(pass_), watched(pass_)
    talk.say(*plan_page(shown, gained=gained, watched=unheld))
    if shown.steps:
        asked = f"type `{pass_.name}` to adopt {user} like this:"
        if not talk.confirm(pass_.name, asked, given=confirm, yes=yes):
            raise InputError("not confirmed: nothing was changed", hint=f"guestpass adopt {user}")
        with ledger_of(hands, pass_.name) as ledger:
            again = take_snapshot(hands, regions=pass_.regions)
            now = planned(pass_, again, adopted_user(pass_, again, user), inventory=inventory)
            carried_out(unchanged(shown, now), hands, ledger, talk)
    talk.show(
        (
            EMPTY,
            line(
                Span("✓ adopted: ", "good"),
                f"{user} is now {Names.of_pass(pass_).user}, until {pass_.until:%Y-%m-%d %H:%M} UTC",
            ),
        ),
        {
            **plan_json(shown, gained=gained, watched=unheld),
            **adopt_json(user, told, found, **says),  # type: ignore[arg-type]
            "schema": "guestpass.adopt/1",
            "adopted": True,
            "file": str(file),
        },
    )
    talk.next(f"guestpass status {pass_.name}")
    return 0


def _events(
    hands: Hands, user: IamUser, trail: str | None, regions: tuple[str, ...], talk: Talk
) -> tuple[tuple[Event, ...], str]:
    """What the user did, and where that is known from."""
    from guestpass.aws import look_up_events
    from guestpass.cli.record import reading_of
    from guestpass.loan.names import ADOPTED_TAG

    if trail is not None:
        reading = reading_of(hands, trail=trail, talk=talk)
        return reading.events, reading.source
    since = hands.now() - _HISTORY
    names = {user.name, user.tags.get(ADOPTED_TAG, user.name).rpartition("/")[2]}
    events: list[Event] = []
    for name in sorted(names):
        looked = look_up_events(hands, (_GLOBAL, *regions), since=since, user_name=name)
        events += looked.events
    talk.say(
        f"read 90 days of event history in {len(set(regions))} regions: {len(events)} events of `{user.name}`"
    )
    talk.say("what roles they took did, and what data events would show, is not in it: `--trail` reads files")
    return tuple(events), "90 days of event history"


def _pass(
    file: Path,
    user: IamUser,
    word: str,
    found: Proposal,
    wishes: Mapping[str, str | None],
    regions: list[str] | None,
    talk: Talk,
    account: Account,
    hands: Hands,
) -> Pass:
    """The pass in the file, or a new one out of what was found, written there."""
    from guestpass.cli.account import enabled_regions
    from guestpass.cli.answers import answered
    from guestpass.cli.files import write_whole
    from guestpass.errors import InputError, Place
    from guestpass.loan import read_pass
    from guestpass.loan.writing import pass_text

    if file.exists():
        pass_ = read_pass(file, now=hands.now(), account=hands.caller.account, regions=enabled_regions(hands))
        if pass_.guest.was != word:
            raise InputError(
                f"`{file}` is there already, and it is not a pass that adopts `{word}`",
                place=Place(file=str(file), path="$.guest.was"),
                hint=f"guestpass adopt {word} --file {word}.yaml",
            )
        talk.say(f"the pass is {file}, as it is")
        return pass_
    login = "console" if user.children.login_profile and not user.children.access_keys else "access-key"
    given = {
        **wishes,
        "pass": wishes["pass"] or word.lower().replace(".", "-").replace("_", "-"),
        "guest.name": word,
        "guest.was": word,
        "guest.login": login,
        "job.blueprint": "php-mysql",
        "job.instance-types": list(found.instance_types) or ["t3.micro", "t3.small"],
        "job.database-classes": list(found.database_classes) or ["db.t3.micro"],
        "regions": regions or list(found.regions[:1]) or [hands.region],
        "network.vpc": found.vpc,
        "network.subnets": list(found.subnets) or None,
    }
    pass_ = answered(given, talk, account)
    write_whole(file, pass_text(pass_), mode=0o644)
    talk.say(f"wrote {file} from what they did: read it, and change what is not right")
    return pass_
