"""Doors are judged by evidence, and never claimed beyond it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from guestpass.account.snapshot import AccessKey, IamRole, IamUser, IdentityProvider, Snapshot, UserChildren
from guestpass.catalog import doors
from guestpass.catalog.doors import categories
from guestpass.loan.certificate import certificate_json, certify
from guestpass.loan.doors import KINDS, Verdict, Watched, judge
from guestpass.loan.names import Names
from guestpass.loan.plan import freeze, grant, papers_of, revoke
from guestpass.trail import Actor, Event
from loan.model import ACCOUNT, NOW, a_pass, an_account, carried_out

NAMES = Names.of("acme-shop", ACCOUNT)
# the categories that a judge of today looks at; the catalogue has more
DOORS = tuple(door for door in doors() if door.category in "BCD")
LATER = NOW + timedelta(hours=36)
SOON = NOW + timedelta(minutes=5)
Documents = Iterable[tuple[str, Mapping[str, Any]]]

ADMINISTRATOR: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def granted(login: Any = "access-key") -> Snapshot:
    return carried_out(grant(a_pass(login), an_account()), an_account())


def revoked(account: Snapshot | None = None) -> Snapshot:
    account = account or granted()
    account = carried_out(freeze("acme-shop", account, NOW), account)
    return replace(carried_out(revoke("acme-shop", account, NOW), account), taken_at=SOON)


def gone() -> Snapshot:
    return replace(carried_out(revoke("acme-shop", revoked(), LATER), revoked()), taken_at=LATER)


def all_papers() -> Documents:
    papers = papers_of(a_pass())
    return [(name, document) for name, _, document in papers.policies(NAMES)]


def judged(snapshot: Snapshot, **more: Any) -> dict[int, Verdict]:
    more.setdefault("baseline", an_account())
    return {v.door.number: v for v in judge(DOORS, pass_name="acme-shop", snapshot=snapshot, **more)}


def kinds(snapshot: Snapshot, **more: Any) -> dict[int, str]:
    return {number: verdict.kind for number, verdict in judged(snapshot, **more).items()}


def wide(account: Snapshot) -> Snapshot:
    """The same account, whose job policy and walls once allowed everything: nothing can be proved from them."""
    return replace(
        account,
        policies=tuple(
            replace(policy, versions={**policy.versions, "v9": ADMINISTRATOR}) for policy in account.policies
        ),
    )


def an_event(name: str, **more: Any) -> Event:
    return Event(
        **{
            "id": f"id-{name}",
            "time": NOW + timedelta(minutes=1),
            "source": "iam.amazonaws.com",
            "name": name,
            "region": "us-east-1",
            "actor": Actor(type="IAMUser", arn=NAMES.user_arn),
            **more,
        }
    )


def watched(*events: Event, since: Any = NOW, until: Any = SOON) -> Watched:
    return Watched(events=events, since=since, until=until, limits="90 days")


def test_after_a_whole_loan_no_door_of_users_sessions_and_roles_is_open():
    found = judged(revoked())
    assert [number for number, verdict in found.items() if verdict.kind == "open"] == []
    assert {number for number, verdict in found.items() if verdict.kind == "not_judged"} == {35, 38, 39}


def test_what_no_policy_admits_the_guest_could_not_do():
    found = judged(revoked())
    for number in (12, 13, 15, 25, 40, 45, 46, 50, 55):
        assert found[number].kind == "could_not"
        assert any("no Allow" in ground or "denied" in ground for ground in found[number].evidence)


def test_the_ledgers_policies_stand_in_when_the_account_has_them_no_more():
    assert kinds(gone())[15] == "is_not"
    assert kinds(gone(), granted=all_papers())[15] == "could_not"


def test_a_version_that_once_admitted_it_undoes_the_proof():
    assert kinds(wide(revoked()))[15] == "is_not"
    assert "not proved" in judged(wide(revoked()), baseline=None)[15].evidence[0]


def test_a_deny_of_one_version_says_nothing_about_the_time_of_another():
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
        ],
    }
    held = [("acme-shop-job", ADMINISTRATOR), ("acme-shop-wall", ADMINISTRATOR), ("acme-shop-wall", deny)]
    instance = [("acme-shop-instance-job", deny), ("acme-shop-instance-wall", deny)]
    bare = replace(gone(), policies=())
    assert kinds(bare, granted=[*held, *instance])[15] == "is_not"
    assert kinds(bare, granted=[held[0], held[2], *instance])[15] == "could_not"


def test_a_policy_from_elsewhere_on_the_guest_undoes_every_proof():
    account = granted()
    user = replace(account.users[0], attached=("arn:aws:iam::aws:policy/AdministratorAccess",))
    found = judged(replace(account, users=(user,)), baseline=None)
    assert "could_not" not in {verdict.kind for verdict in found.values()}
    assert "AdministratorAccess" in " ".join(found[15].evidence)


def test_the_instances_role_is_weighed_because_the_guest_can_reach_it():
    account = revoked()
    roles = tuple(
        replace(role, inline={"more": ADMINISTRATOR}) if role.name == NAMES.instance_role else role
        for role in account.roles
    )
    assert kinds(replace(account, roles=roles))[15] == "is_not"


def test_a_role_that_trusts_the_guest_by_name_undoes_the_proof_for_sessions_of_roles():
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": NAMES.user_arn}, "Action": "sts:AssumeRole"}]
    }
    role = IamRole(name="side", arn="arn:side", id="AROASIDE", path="/", created=NOW, trust=trust)
    account = revoked()
    open_roles = replace(account, roles=(*account.roles, role))
    found = judged(open_roles, baseline=replace(an_account(), roles=(role,)))
    assert found[27].kind == "closed"


def test_roles_that_trust_their_own_account_leave_it_open_whether_sessions_renew_each_other():
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}}
    role = IamRole(name="side", arn="arn:side", id="AROASIDE", path="/", created=NOW, trust=trust)
    account = wide(revoked())
    assert kinds(account)[28] == "is_not"
    assert kinds(replace(account, roles=(*account.roles, role)))[28] == "not_judged"


def test_credentials_that_still_work_are_open_whatever_is_proved():
    verdict = judged(granted())[11]
    assert verdict.kind == "open"
    assert "AKIANEW0" in verdict.evidence[0]
    assert verdict.fix


def test_credentials_that_were_taken_away_are_closed():
    assert judged(revoked())[11].kind == "closed"


@pytest.mark.parametrize(
    ("number", "child"),
    [
        (14, {"login_profile": True}),
        (17, {"mfa_devices": ("arn:aws:iam::1:mfa/x",)}),
        (18, {"ssh_keys": ("APKA1",)}),
        (19, {"service_credentials": ("ACCA1",)}),
        (20, {"service_credentials": ("ACCA1",)}),
        (21, {"signing_certificates": ("CERT1",)}),
    ],
)
def test_a_credential_left_on_the_guests_own_user_is_open(number, child):
    account = revoked()
    user = replace(account.users[0], children=UserChildren(**child))
    assert kinds(replace(account, users=(user,)))[number] == "open"


@pytest.mark.parametrize(
    ("number", "child"),
    [
        (13, {"access_keys": (AccessKey(id="AKIAOTHER", status="Active", created=NOW),)}),
        (14, {"login_profile": True}),
        (18, {"ssh_keys": ("APKA1",)}),
        (21, {"signing_certificates": ("CERT1",)}),
    ],
)
def test_a_new_credential_on_somebody_else_is_open_unless_the_guest_could_not(number, child):
    bob = IamUser(name="bob", arn="arn:bob", id="AIDABOB", path="/", created=NOW)
    before = an_account(users=(bob,))
    account = revoked()
    after = replace(account, users=(*account.users, replace(bob, children=UserChildren(**child))))
    assert kinds(after, baseline=before)[number] == "could_not"
    assert kinds(wide(after), baseline=before)[number] == "open"
    assert kinds(wide(after), baseline=after)[number] == "is_not"


def test_without_a_baseline_nothing_is_said_to_be_new_or_not():
    found = kinds(wide(revoked()), baseline=None)
    assert {found[number] for number in (13, 15, 16, 45, 46, 50, 52)} == {"not_judged"}


@pytest.mark.parametrize(
    ("number", "gap"),
    [(13, "iam:ListAccessKeys"), (18, "iam:ListSSHPublicKeys"), (50, "iam:ListSAMLProviders")],
)
def test_what_could_not_be_read_is_not_judged(number, gap):
    account = wide(revoked())
    blind = replace(account, gaps={gap: "AccessDenied"})
    assert kinds(account)[number] == "is_not"
    assert kinds(blind)[number] == "not_judged"
    assert kinds(account, baseline=an_account(gaps={gap: "AccessDenied"}))[number] == "not_judged"


def test_a_renamed_user_is_found_by_its_unique_id():
    bob = IamUser(name="bob", arn="arn:bob", id="AIDABOB", path="/", created=NOW)
    account = wide(revoked())
    after = replace(account, users=(*account.users, replace(bob, name="bot", arn="arn:bot")))
    found = judged(after, baseline=an_account(users=(bob,)))
    assert found[16].kind == "open"
    assert found[15].kind == "is_not"


def test_a_new_role_and_a_widened_trust_are_told_apart():
    role = IamRole(name="ops", arn="arn:ops", id="AROAOPS", path="/", created=NOW, trust={})
    account = wide(revoked())
    new = replace(account, roles=(*account.roles, role))
    assert (kinds(new)[45], kinds(new)[46]) == ("open", "is_not")
    trust = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    widened = replace(account, roles=(*account.roles, replace(role, trust=trust)))
    found = kinds(widened, baseline=an_account(roles=(role,)))
    assert (found[45], found[46], found[48]) == ("is_not", "open", "open")


def test_a_provider_that_came_and_one_that_changed_are_told_apart():
    provider = IdentityProvider(arn="arn:oidc", kind="oidc", digest="1")
    account = wide(revoked())
    came = replace(account, providers=(provider,))
    assert (kinds(came)[52], kinds(came)[53]) == ("open", "is_not")
    changed = replace(account, providers=(replace(provider, digest="2"),))
    found = kinds(changed, baseline=an_account(providers=(provider,)))
    assert (found[52], found[53]) == ("is_not", "open")


def test_sessions_are_closed_by_the_deny_while_it_stands():
    found = judged(revoked())
    assert found[26].kind == "closed"
    assert "Deny stands" in found[26].says


def test_sessions_are_open_while_nothing_denies_them():
    assert kinds(granted())[26] == "open"


def test_sessions_of_a_deleted_user_are_closed_only_when_their_time_is_known_to_be_over():
    assert kinds(gone(), frozen_at=NOW)[26] == "closed"
    assert kinds(gone(), frozen_at=NOW + timedelta(hours=1))[26] == "not_judged"
    assert kinds(gone())[26] == "not_judged"


def test_a_deny_that_has_stood_for_seconds_is_read_again():
    assert kinds(wide(revoked()))[41] == "is_not"
    early = replace(wide(revoked()), taken_at=NOW + timedelta(seconds=30))
    assert kinds(early)[41] == "not_judged"


def test_a_deny_that_came_off_is_open():
    account = revoked()
    loose = replace(account, users=(replace(account.users[0], inline={}),))
    assert kinds(loose)[41] == "open"
    assert kinds(loose)[26] == "open"


def test_a_log_that_spans_the_loan_says_what_was_not_done():
    account = wide(revoked())
    # a server certificate is nothing that the account was read for
    assert kinds(account)[24] == "not_judged"
    found = judged(account, watched=watched(), granted_at=NOW)
    assert found[24].kind == "did_not"
    assert "90 days" in found[24].evidence


@pytest.mark.parametrize(
    "log",
    [watched(since=NOW + timedelta(minutes=1)), watched(until=NOW - timedelta(minutes=1))],
    ids=["begins late", "ends early"],
)
def test_a_log_that_does_not_span_the_loan_says_nothing(log):
    assert kinds(wide(revoked()), watched=log, granted_at=NOW)[24] == "not_judged"


def test_what_the_log_shows_was_done_is_open_even_against_a_proof():
    found = judged(revoked(), watched=watched(an_event("CreateUser")), granted_at=NOW)
    assert found[15].kind == "open"
    assert "CreateUser" in found[15].evidence[0]


def test_a_refused_attempt_opens_nothing():
    refused = an_event("CreateUser", error_code="AccessDenied")
    assert kinds(revoked(), watched=watched(refused), granted_at=NOW)[15] == "could_not"


def test_somebody_elses_act_opens_nothing():
    owner = an_event("CreateUser", actor=Actor(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/owner"))
    assert kinds(revoked(), watched=watched(owner), granted_at=NOW)[15] == "could_not"


def test_resource_policies_that_were_not_read_are_no_proof_without_an_explicit_deny():
    account = revoked()
    silent = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
    policies = tuple(replace(policy, versions={"v1": silent}) for policy in account.policies)
    found = kinds(replace(account, policies=policies))
    assert found[36] == "not_judged"
    assert kinds(account)[36] == "could_not"


def test_every_verdict_of_something_open_or_unknown_says_why():
    for account in (granted(), revoked(), gone(), wide(revoked())):
        for verdict in judged(account, baseline=None).values():
            assert verdict.says
            if verdict.kind in ("could_not", "open"):
                assert verdict.evidence


def test_the_certificate_counts_every_door_once_and_names_what_nobody_judged():
    account = revoked()
    lines = judge(DOORS, pass_name="acme-shop", snapshot=account, baseline=an_account())
    certificate = certify(
        lines,
        pass_name="acme-shop",
        snapshot=account,
        baseline=an_account(),
        state="revoked",
        ledger_head="f" * 64,
    )
    told = json.loads(certificate_json(certificate))
    assert told["schema"] == "guestpass.certificate/1"
    assert sum(told["counts"].values()) == len(told["doors"]) == len(lines) == 50
    assert list(told["counts"]) == list(KINDS)
    assert sorted(told["not_judged"]) == sorted(categories().keys() - set("BCD"))
    assert told["evidence"]["ledger_head"] == "f" * 64
    assert certificate.open == ()
