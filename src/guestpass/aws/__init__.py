"""The owner's hands: the only room beside `local` that speaks to AWS.

Enters: where to call (`Target`), what to read, a plan to carry out. Leaves: a `Snapshot`, events, an `Outcome`, with
AWS's own clock beside them. It never decides what to do, never takes root's credentials and never keeps a secret.
"""

from guestpass.aws.bill_files import fetch_bill_files
from guestpass.aws.carry import Outcome, Progress, carry_out
from guestpass.aws.hands import Hands, Target, connect
from guestpass.aws.look import look_up_events
from guestpass.aws.read_policies import with_policies
from guestpass.aws.read_resources import AccountResources, read_account_resources
from guestpass.aws.sweep_hosts import host_keys, sweep_hosts
from guestpass.aws.take import take_fast_snapshot, take_snapshot
from guestpass.aws.trail_files import fetch_log_files

__all__ = [
    "AccountResources",
    "Hands",
    "Outcome",
    "Progress",
    "Target",
    "carry_out",
    "connect",
    "fetch_bill_files",
    "fetch_log_files",
    "host_keys",
    "look_up_events",
    "read_account_resources",
    "sweep_hosts",
    "take_fast_snapshot",
    "take_snapshot",
    "with_policies",
]
