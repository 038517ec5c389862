"""What everything that belongs to a pass is called, so that any machine finds it again in the account
alone."""

from __future__ import annotations

from dataclasses import dataclass

from guestpass.loan.agreement import Pass

TAG_KEY = "guestpass"
"""Everything made under a pass carries this tag; its value is the pass's name."""

UNTIL_TAG = "guestpass-until"
FROZEN_AT_TAG = "guestpass-frozen-at"
FREEZE_POLICY = "guestpass-freeze"
"""The inline policy whose presence means: frozen."""

TRAIL_NAME = "guestpass"
BILL_EXPORT = "guestpass-bill"
"""The data export that guestpass keeps: one an account, like the trail."""

LOGIN_TAG = "guestpass-login"
"""On everything that was built for a guest who only logs in to an instance; its value is `instance-only`."""

REGION_TAG = "guestpass-region"
"""On the instance role of such a pass: IAM has no regions, so it says where the instance stands."""

LENT_TAG = "guestpass-lent"
ENDED_TAG = "guestpass-ended"
"""On the instance: when the guest was let in, and when their account was taken away. `FROZEN_AT_TAG` stands there too."""

LEND_POLICY = "guestpass-lend"
"""The instance role's inline policy while the database's users are made; then it goes."""

ADOPTED_TAG = "guestpass-adopted"
"""On a user who was there before the pass; its value is the ARN they had."""

PATH_ROOT = "/guestpass/"
"""Every IAM path of every pass begins with this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The names and ARNs of one pass. Made by `Names.of`; nothing here looks at the account."""

    pass_name: str
    account: str
    partition: str = "aws"

    @classmethod
    def of(cls, pass_name: str, account: str, partition: str = "aws") -> Names:
        """Say the names of a pass of which only the name is known (`freeze` and `revoke` work without
        `pass.yaml`)."""
        return cls(pass_name=pass_name, account=account, partition=partition)

    @classmethod
    def of_pass(cls, pass_: Pass) -> Names:
        """Say the names of a whole pass."""
        return cls.of(pass_.name, pass_.account, pass_.partition)

    # ---- IAM names

    @property
    def path(self) -> str:
        """The IAM path of everything of this pass: `/guestpass/acme-shop/`."""
        return f"{PATH_ROOT}{self.pass_name}/"

    @property
    def group(self) -> str:
        """The group that carries the job policy: groups cannot be tagged, so the name says whose it is."""
        return f"guestpass-{self.pass_name}"

    @property
    def user(self) -> str:
        """The guest's IAM user."""
        return f"{self.pass_name}-guest"

    @property
    def login_role(self) -> str:
        """The role that a guest with an AWS account of their own assumes."""
        return f"{self.pass_name}-guest"

    @property
    def instance_role(self) -> str:
        """The role of the guest's instances. It is handed over to the owner at the end, not deleted."""
        return f"{self.pass_name}-instance"

    @property
    def instance_profile(self) -> str:
        """The instance profile: the same name as its role."""
        return f"{self.pass_name}-instance"

    def job_policy(self, number: int = 1) -> str:
        """The job policy's name; a job that does not fit into one policy goes on in `-job-2`, and so on."""
        return f"{self.pass_name}-job" if number == 1 else f"{self.pass_name}-job-{number}"

    @property
    def wall(self) -> str:
        """The permissions boundary of the guest's user or login role."""
        return f"{self.pass_name}-wall"

    @property
    def instance_job(self) -> str:
        """What the instance role may do."""
        return f"{self.pass_name}-instance-job"

    @property
    def instance_wall(self) -> str:
        """The permissions boundary of the instance role, which does not expire."""
        return f"{self.pass_name}-instance-wall"

    @property
    def budget(self) -> str:
        """The budget that watches the loan."""
        return f"guestpass-{self.pass_name}"

    @property
    def bill_export(self) -> str:
        """The data export that writes the account's bill into the trail's bucket."""
        return BILL_EXPORT

    @property
    def bill_prefix(self) -> str:
        """Where in the trail's bucket the bill lies: `bill/guestpass-bill/data/BILLING_PERIOD=2026-11/…`."""
        return "bill"

    def trail_bucket(self, home_region: str) -> str:
        """The bucket of the account's trail: one an account, shared by all passes."""
        return f"guestpass-trail-{self.account}-{home_region}"

    # ---- what is built where the guest only logs in to an instance

    @property
    def site_group(self) -> str:
        """The instance's security group."""
        return f"{self.pass_name}-site"

    @property
    def database_group(self) -> str:
        """The database's security group."""
        return f"{self.pass_name}-database"

    @property
    def database(self) -> str:
        """The database instance and its subnet group."""
        return f"{self.pass_name}-db"

    # ---- names that the guest chooses

    @property
    def prefix(self) -> str:
        """What the names of the guest's databases and key pairs must begin with."""
        return f"{self.pass_name}-"

    @property
    def store(self) -> str:
        """Where the site's parameters and logs live: `guestpass/acme-shop` (AWS puts a `/` before it)."""
        return f"guestpass/{self.pass_name}"

    # ---- ARNs

    def _iam(self, kind: str, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.account}:{kind}{self.path}{name}"

    def policy_arn(self, name: str) -> str:
        """The ARN of one of the pass's managed policies, by its name."""
        return self._iam("policy", name)

    @property
    def group_arn(self) -> str:
        """The group's ARN."""
        return self._iam("group", self.group)

    @property
    def user_arn(self) -> str:
        """The guest's user ARN."""
        return self._iam("user", self.user)

    @property
    def login_role_arn(self) -> str:
        """The login role's ARN, with its path."""
        return self._iam("role", self.login_role)

    @property
    def instance_role_arn(self) -> str:
        """The instance role's ARN, with its path."""
        return self._iam("role", self.instance_role)

    @property
    def instance_profile_arn(self) -> str:
        """The instance profile's ARN, with its path."""
        return self._iam("instance-profile", self.instance_profile)

    @property
    def wall_arn(self) -> str:
        """The wall's ARN."""
        return self.policy_arn(self.wall)

    @property
    def instance_wall_arn(self) -> str:
        """The ARN of the instance role's wall."""
        return self.policy_arn(self.instance_wall)

    @property
    def instance_job_arn(self) -> str:
        """The ARN of the instance role's job policy."""
        return self.policy_arn(self.instance_job)

    @property
    def guest_mfa_arn(self) -> str:
        """The MFA device that the guest's user may make: named like the user, which the console proposes."""
        return f"arn:{self.partition}:iam::{self.account}:mfa/{self.user}"

    @property
    def seeds(self) -> frozenset[str]:
        """The ARNs whose calls are the guest's from the first: the user, the login role, the instances' role.

        A pass has a user or a login role, never both; the ARN of what there is none of is in no record.
        """
        return frozenset({self.user_arn, self.login_role_arn, self.instance_role_arn})

    @property
    def budget_arn(self) -> str:
        """The budget's ARN."""
        return f"arn:{self.partition}:budgets::{self.account}:budget/{self.budget}"

    def trail_arn(self, home_region: str) -> str:
        """The trail's ARN in its home region."""
        return f"arn:{self.partition}:cloudtrail:{home_region}:{self.account}:trail/{TRAIL_NAME}"

    def trail_bucket_arn(self, home_region: str) -> str:
        """The trail bucket's ARN."""
        return f"arn:{self.partition}:s3:::{self.trail_bucket(home_region)}"
