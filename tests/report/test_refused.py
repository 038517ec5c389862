"""The box's own account of a refusal, put into words."""

from guestpass.report.refused import refused_by

REF = {"layer": "boundary", "policy": "acme-wall", "statement": "DenyOtherRegions", "index": 3}
NEAR = {**REF, "statement": "CreateInstance", "parted_at": "condition", "says": "request has none, wants `x`"}


def check(kind: str, **more: object) -> dict:
    return {"allowed": False, "checks": [{"action": "ec2:RunInstances", "kind": kind, "layers": [], **more}]}


def test_what_was_allowed_was_not_refused() -> None:
    assert refused_by({"allowed": True, "checks": []}) is None


def test_an_explicit_deny_names_its_statement() -> None:
    by = refused_by(check("denied-explicit", by=[REF]))
    assert by is not None
    assert (by.kind, by.layers, by.statements) == (
        "explicit",
        ("boundary",),
        ("acme-wall: DenyOtherRegions",),
    )


def test_a_silent_layer_names_the_statement_that_came_closest() -> None:
    layers = [
        {"layer": "identity", "outcome": "allows", "nearest": None},
        {"layer": "boundary", "outcome": "silent", "nearest": NEAR},
    ]
    by = refused_by(check("denied-implicit", by=[], blocked_by=["boundary"], layers=layers))
    assert by is not None
    assert (by.kind, by.layers, by.statements) == ("implicit", ("boundary",), ("acme-wall: CreateInstance",))
    assert "request has none" in by.says


def test_a_statement_that_does_not_name_the_action_is_not_called_close() -> None:
    layers = [{"layer": "identity", "outcome": "silent", "nearest": {**NEAR, "parted_at": "action"}}]
    by = refused_by(check("denied-implicit", by=[], blocked_by=["identity"], layers=layers))
    assert by is not None
    assert by.statements == ()


def test_what_could_not_be_decided_is_not_called_a_denial() -> None:
    by = refused_by(check("undecided", reasons=["the key is not known"]))
    assert by is not None
    assert by.kind == "undecided"
    unmapped = refused_by({"allowed": False, "checks": [], "unmapped": "no row"})
    assert unmapped is not None
    assert unmapped.kind == "unmapped"


def test_credentials_that_are_not_taken_are_told_apart_from_policies() -> None:
    by = refused_by({"allowed": False, "checks": [], "message": "The security token is invalid."})
    assert by is not None
    assert by.kind == "credentials"
