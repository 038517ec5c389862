"""What is sealed is on the disk, readable with the guest's key alone, and never shown."""

import json
import stat
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from guestpass.cli import main
from guestpass.cli.sealing import Envelope, opened
from guestpass.cli.unseal import ENV
from guestpass.errors import InputError

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
FACTS = {"name": "acme-shop", "region": "eu-west-1", "vpc": "vpc-1"}
Capture = pytest.CaptureFixture[str]


def ssh_pair(kind: str, folder: Path) -> tuple[str, Path]:
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    path = folder / f"id_{kind}"
    form = serialization.PrivateFormat.OpenSSH
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.decode(), path


def locked_key(folder: Path) -> Path:
    path = folder / "locked"
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    lock = serialization.BestAvailableEncryption(b"a passphrase")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    return path


def age_pair(folder: Path) -> tuple[str, Path]:
    identity = pyrage.x25519.Identity.generate()
    path = folder / "identity.txt"
    path.write_text(f"# made for a test\n{identity}\n")
    return str(identity.to_public()), path


def sealed(folder: Path, key: str) -> Path:
    path = folder / "handover" / "credentials.age"
    envelope = Envelope(path, key=key, facts=FACTS)
    envelope("access-key-id", "AKIAIOSFODNN7EXAMPLE")
    envelope("secret-access-key", SECRET)
    return path


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "age"])
def test_only_the_guests_key_opens_the_seal(kind: str, tmp_path: Path) -> None:
    key, private = age_pair(tmp_path) if kind == "age" else ssh_pair(kind, tmp_path)
    path = sealed(tmp_path, key)
    facts, secrets = opened(path, private)
    assert facts == FACTS
    assert secrets == {"access-key-id": "AKIAIOSFODNN7EXAMPLE", "secret-access-key": SECRET}
    assert SECRET.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    path = sealed(tmp_path, age_pair(tmp_path)[0])
    _, stranger = ssh_pair("ed25519", tmp_path)
    with pytest.raises(InputError, match="not sealed to this key"):
        opened(path, stranger)


def test_each_secret_is_on_the_disk_when_it_has_been_sealed(tmp_path: Path) -> None:
    key, private = age_pair(tmp_path)
    path = tmp_path / "credentials.age"
    envelope = Envelope(path, key=key, facts={})
    for number in range(3):
        envelope(f"secret {number}", str(number))
        assert opened(path, private)[1] == {f"secret {each}": str(each) for each in range(number + 1)}


def test_unseal_writes_a_file_for_its_owner_alone_and_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    key, private = ssh_pair("ed25519", tmp_path)
    path = sealed(tmp_path, key)
    monkeypatch.chdir(tmp_path)
    assert main(["unseal", str(path), "--identity", str(private)]) == 0
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
    assert "next: . ./acme-shop.env" in told.err
    written = tmp_path / "acme-shop.env"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    text = written.read_text()
    assert f"export AWS_SECRET_ACCESS_KEY={SECRET}\n" in text
    assert "export GUESTPASS_VPC=vpc-1\n" in text


def test_unseal_can_write_a_credentials_file(tmp_path: Path) -> None:
    key, private = age_pair(tmp_path)
    out = tmp_path / "acme.credentials"
    words = ["unseal", str(sealed(tmp_path, key)), "--identity", str(private), "--format", "credentials"]
    assert main([*words, "--out", str(out)]) == 0
    assert out.read_text().startswith("[acme-shop]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")


def test_unseal_overwrites_nothing(tmp_path: Path, capsys: Capture) -> None:
    key, private = age_pair(tmp_path)
    out = tmp_path / "mine.env"
    out.write_text("mine")
    assert main(["unseal", str(sealed(tmp_path, key)), "--identity", str(private), "--out", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_a_name_from_the_seal_cannot_leave_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, private = age_pair(tmp_path)
    path = tmp_path / "c.age"
    Envelope(path, key=key, facts={"name": "../../etc/x"})("access-key-id", "AKIA")
    monkeypatch.chdir(tmp_path)
    assert main(["unseal", str(path), "--identity", str(private)]) == 0
    assert (tmp_path / "etcx.env").exists()


def test_a_hostile_fact_cannot_run_in_the_shell_that_sources_the_file(tmp_path: Path) -> None:
    key, private = age_pair(tmp_path)
    path = tmp_path / "c.age"
    Envelope(path, key=key, facts={"name": "x", "vpc": "$(touch pwned); '`id`'"})("access-key-id", "AKIA")
    out = tmp_path / "x.env"
    assert main(["unseal", str(path), "--identity", str(private), "--out", str(out)]) == 0
    import subprocess

    asked = ["bash", "-c", f'. {out}; printf %s "$GUESTPASS_VPC"']
    ran = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout == "$(touch pwned); '`id`'"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (locked_key, "has a passphrase"),
        (lambda folder: folder / "missing", "cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_with_the_way_out(
    make, says: str, tmp_path: Path, capsys: Capture
) -> None:
    path = sealed(tmp_path, age_pair(tmp_path)[0])
    assert main(["unseal", str(path), "--identity", str(make(tmp_path))]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert says in told
    assert "hint: " in told


@pytest.mark.parametrize("content", [b"", b"not age", b"\xff\xfe", b"age-encryption.org/v1\n-> X25519 a\n"])
def test_what_is_no_sealed_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c.age"
    path.write_bytes(content)
    assert main(["unseal", str(path), "--identity", str(age_pair(tmp_path)[1])]) == 2


def test_sealed_json_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    key, private = age_pair(tmp_path)
    path = tmp_path / "c.age"
    for content in (b"[]", b"nonsense", json.dumps({"schema": "other/1"}).encode()):
        path.write_bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(key)]))
        with pytest.raises(InputError, match="does not hold credentials"):
            opened(path, private)


def test_every_variable_has_one_meaning() -> None:
    assert len(set(ENV.values())) == len(ENV)
