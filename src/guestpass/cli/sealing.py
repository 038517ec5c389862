"""Credentials sealed to the guest's public key with age, and opened again with the guest's private one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyrage

from guestpass.cli.files import read_bytes, write_whole
from guestpass.errors import InputError, Place

SCHEMA = "guestpass.credentials/1"
SEALED = "credentials.age"


class Envelope:
    """Takes secrets one by one; after each the sealed file on the disk holds all of them so far.

    `facts` are no secrets: what the guest's programs need to know beside the credentials.
    """

    def __init__(self, path: Path, *, key: str, facts: Mapping[str, str]) -> None:
        self.path = path
        self.used = False
        self._recipient = _recipient(key)
        self._facts = dict(facts)
        self._secrets: dict[str, str] = {}

    def __call__(self, label: str, value: str) -> None:
        """Seal one more secret; it is on the disk when this returns."""
        self._secrets[label] = value
        told = {"schema": SCHEMA, "facts": self._facts, "secrets": self._secrets}
        write_whole(self.path, pyrage.encrypt(json.dumps(told).encode(), [self._recipient]))
        self.used = True


def opened(path: Path, identity: Path) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Open a sealed file: (facts, secrets).

    Raises InputError when the file, the key or their match is wrong; no message shows either content.
    """
    sealed = read_bytes(path, hint="the owner's hand-over folder holds `credentials.age`")
    keys = _identities(identity)
    try:
        told: Any = json.loads(pyrage.decrypt(sealed, keys))
    except pyrage.DecryptError:
        raise InputError(
            f"`{path}` is not sealed to this key, or is no sealed file",
            place=Place(file=str(path)),
            hint="use the private half of the public key that you gave to the owner",
        ) from None
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("schema") != SCHEMA:
        raise InputError(
            f"`{path}` does not hold credentials of guestpass", place=Place(file=str(path)), expected=SCHEMA
        )
    return _texts(told.get("facts")), _texts(told.get("secrets"))


def _recipient(key: str) -> Any:
    try:
        if key.startswith("age1"):
            return pyrage.x25519.Recipient.from_str(key)
        return pyrage.ssh.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise InputError(
            "the guest's public key cannot be sealed to", hint="guestpass doctor pass.yaml"
        ) from None


def _identities(path: Path) -> list[Any]:
    text = read_bytes(path, hint="name your private key with `--identity ~/.ssh/id_ed25519`", most=1 << 16)
    place = Place(file=str(path))
    lines = [row.strip() for row in text.decode("utf-8", "replace").splitlines()]
    secret = [row for row in lines if row.startswith("AGE-SECRET-KEY-")]
    try:
        if secret:
            return [pyrage.x25519.Identity.from_str(row) for row in secret]
        return [pyrage.ssh.Identity.from_buffer(text)]
    except pyrage.IdentityError:
        if _has_passphrase(text):
            raise InputError(
                f"the private key `{path}` has a passphrase, which guestpass does not ask for",
                place=place,
                hint=f"age --decrypt --identity {path} credentials.age",
            ) from None
        raise InputError(
            f"`{path}` holds no private key that can open the seal",
            place=place,
            expected="an SSH private key (ed25519 or RSA), or a file with `AGE-SECRET-KEY-…`",
        ) from None


def _has_passphrase(key: bytes) -> bool:
    """Say whether the key has a passphrase: PEM says so, OpenSSH's form names its bcrypt."""
    if b"ENCRYPTED" in key:
        return True
    body = b"".join(row for row in key.splitlines() if not row.startswith(b"-----"))
    try:
        return b"bcrypt" in base64.b64decode(body, validate=True)
    except ValueError:
        return False


def _texts(told: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
