"""The instance that a guest logs in to: how it is set up, and the script by which the owner holds it.

Enters: the names and the guest's public key. Leaves: cloud-init user data, sshd's settings, and the script's text.
`guestpass_host.py` is what stands on the instance; it is read here as text and never imported by the program.
"""

from guestpass.host.setup import PROGRAM, HostSetup, read_user_data, script, sshd_settings, user_data

__all__ = ["PROGRAM", "HostSetup", "read_user_data", "script", "sshd_settings", "user_data"]
