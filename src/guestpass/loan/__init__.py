"""The agreement and its acts.

In comes the owner's `pass.yaml` and, later, a snapshot of the account; out come the `Pass`, its names, its
wall and the plans that lend and take back. This room never calls AWS and never looks at a clock: both are
arguments.
"""

from guestpass.loan.agreement import Pass
from guestpass.loan.names import Names
from guestpass.loan.reading import read_pass

__all__ = ["Names", "Pass", "read_pass"]
