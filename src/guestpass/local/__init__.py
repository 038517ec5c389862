"""The AWS in the box: moto behind a gateway that tells who calls, decides by the one evaluator, and records.

Signed AWS requests over loopback come in; AWS-shaped answers, CloudTrail records and explained decisions go out.
It never lets through what it cannot map or decide, never writes a secret into a record, and never leaves 127.0.0.1.
"""

from guestpass.local.box import Box, Credentials, start

__all__ = ["Box", "Credentials", "start"]
