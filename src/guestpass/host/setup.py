"""How an instance is set up at its first start: cloud-init user data in, and the same read back."""

from __future__ import annotations

import ast
import base64
import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

PROGRAM = "/usr/local/sbin/guestpass-host"
STATE = "/etc/guestpass"
GROUP = "guestpass-site"
"""Who reads the site's own log-in to the database: the web server, and the guest while they work."""

# AWS: EC2 User Guide, "Run commands when you launch an EC2 instance with user data input": 16 KB, before it is encoded
MAX_USER_DATA = 16 * 1024
_HEAD = "#cloud-config\n"
_USER = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NAME = re.compile(r"[a-z][a-z0-9-]{1,22}[a-z0-9]")
_PACKAGES = ("mariadb105", "httpd", "php-fpm", "php-mysqlnd")


@dataclass(frozen=True, kw_only=True, slots=True)
class HostSetup:
    """What an instance must know: the pass (its database users are named after it) and the guest's account.

    Raises ValueError for what is not a name.
    """

    pass_name: str
    user: str = "guest"
    schema: str = "site"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.pass_name) or not _USER.fullmatch(self.user):
            raise ValueError("not a name")

    def settings(self) -> dict[str, Any]:
        """What `host.json` says."""
        return {"user": self.user, "database": self.pass_name, "schema": self.schema}


@cache
def script() -> str:
    """The script as it stands on an instance: without comments and docstrings, for user data is short of room."""
    text = resources.files("guestpass.host").joinpath("guestpass_host.py").read_text("utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return f"#!/usr/bin/env python3\n# guestpass: src/guestpass/host/guestpass_host.py\n{ast.unparse(tree)}\n"


def sshd_settings(user: str, *, keys: str = f"{STATE}/keys/%u") -> str:
    """sshd's settings: one user, by key alone, with a shell and a tunnel; the key file is root's.

    sshd takes the first value it reads, so these must stand before its other files.
    """
    return "\n".join(
        (
            "# guestpass: the guest comes in by the key that the owner's script has put there, and by nothing else",
            f"AllowUsers {user}",
            "PermitRootLogin no",
            "AuthenticationMethods publickey",
            "PubkeyAuthentication yes",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "HostbasedAuthentication no",
            f"AuthorizedKeysFile {keys}",
            # EC2 Instance Connect would bring keys of its own
            "AuthorizedKeysCommand none",
            "TrustedUserCAKeys none",
            "AllowAgentForwarding no",
            "X11Forwarding no",
            "AllowTcpForwarding local",
            "AllowStreamLocalForwarding no",
            "GatewayPorts no",
            "PermitTunnel no",
            "PermitUserEnvironment no",
            "PermitUserRC no",
            "MaxAuthTries 3",
            "LoginGraceTime 30",
            "ClientAliveInterval 60",
            "",
        )
    )


def user_data(setup: HostSetup) -> str:
    """The cloud-config that makes the guest's account, sshd's settings, the script and the site's web server.

    The account is locked and has no key until `admit`. Holds no secret. JSON is YAML.
    """
    told = {
        "users": [{"name": setup.user, "shell": "/bin/bash", "lock_passwd": True, "groups": GROUP}],
        "groups": [GROUP],
        "packages": list(_PACKAGES),
        "write_files": [
            _file(f"{STATE}/host.json", json.dumps(setup.settings(), sort_keys=True), "0600"),
            _file(PROGRAM, script(), "0700"),
            _file("/etc/ssh/sshd_config.d/00-guestpass.conf", sshd_settings(setup.user), "0600"),
        ],
        "runcmd": [
            ["install", "-d", "-m", "0755", STATE, f"{STATE}/keys"],
            ["install", "-d", "-m", "2750", "-g", GROUP, f"{STATE}/site"],
            ["usermod", "--append", "--groups", GROUP, "apache"],
            ["install", "-d", "-m", "2755", "-o", setup.user, "-g", GROUP, "/var/www/html"],
            ["systemctl", "enable", "--now", "php-fpm", "httpd"],
            ["systemctl", "restart", "sshd"],
        ],
    }
    text = _HEAD + json.dumps(told, indent=0) + "\n"
    if len(text.encode()) > MAX_USER_DATA:
        raise ValueError(f"the user data has {len(text.encode())} bytes, more than {MAX_USER_DATA}")
    return text


def read_user_data(text: str) -> HostSetup | None:
    """Whose set-up this is; None for any user data that is not, to the last byte, what `user_data` writes."""
    try:
        told = json.loads(text.removeprefix(_HEAD))
        held = json.loads(gzip.decompress(base64.b64decode(told["write_files"][0]["content"])))
        setup = HostSetup(pass_name=held["database"], user=held["user"], schema=held["schema"])
    except (ValueError, KeyError, TypeError, IndexError, EOFError, OSError):
        return None
    return setup if user_data(setup) == text else None


def _file(path: str, text: str, mode: str) -> dict[str, str]:
    packed = gzip.compress(text.encode(), mtime=0)
    return {
        "path": path,
        "owner": "root:root",
        "permissions": mode,
        "encoding": "gz+b64",
        "content": base64.b64encode(packed).decode(),
    }
