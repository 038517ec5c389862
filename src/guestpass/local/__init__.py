"""The AWS in the box: moto behind a gateway that tells who calls, decides by the one evaluator, and records.

Signed AWS requests over loopback come in; AWS's answers, CloudTrail records and explained decisions go out.
It lets nothing through that it cannot map or decide, writes no secret into a record, and stays on 127.0.0.1.
"""

from guestpass.local.box import Box, Credentials, start
from guestpass.local.run import run

__all__ = ["Box", "Credentials", "run", "start"]
