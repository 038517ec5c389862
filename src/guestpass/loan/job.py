"""The pass's job: what its blueprint needs in this account, as `Need`s and as the policies that grant it."""

from __future__ import annotations

from guestpass import needs
from guestpass.loan.agreement import Pass
from guestpass.loan.names import Names
from guestpass.needs import Need, Setting
from guestpass.needs.policies import Document


def job_policies(pass_: Pass) -> tuple[tuple[str, Document], ...]:
    """Write the job policies of a pass, `(name, document)`, each within IAM's quota."""
    return needs.job_policies(guest_needs(pass_), name=Names.of_pass(pass_).job_policy())


def guest_needs(pass_: Pass, *, anywhere: bool = False) -> tuple[Need, ...]:
    """Say what the guest needs to do the job."""
    return needs.of_blueprint(
        pass_.job.blueprint,
        setting=setting_of(pass_, anywhere=anywhere),
        login=pass_.guest.login,
        who="guest",
        options=(taken.option for taken in pass_.job.options),
    )


def instance_needs(pass_: Pass, *, anywhere: bool = False) -> tuple[Need, ...]:
    """Say what the site's own instances need to run it."""
    return needs.of_blueprint(
        pass_.job.blueprint,
        setting=setting_of(pass_, anywhere=anywhere),
        login=pass_.guest.login,
        who="instance",
        options=(taken.option for taken in pass_.job.options),
    )


def setting_of(pass_: Pass, *, anywhere: bool = False) -> Setting:
    """Say what a blueprint's placeholders stand for in this pass.

    `anywhere` leaves the region of ARNs open, as several regions do: a list for each would not fit into a
    policy, and the wall holds the region by its Deny.
    """
    names = Names.of_pass(pass_)
    return {
        "partition": (pass_.partition,),
        "account": (pass_.account,),
        "region": ("*" if anywhere or len(pass_.regions) > 1 else pass_.regions[0],),
        "pass": (pass_.name,),
        "own": (f"{names.prefix}*",),
        "store": (names.store,),
        "vpc": (pass_.network.vpc,),
        "subnets": pass_.network.subnets,
        "image-owners": pass_.job.image_owners,
        "instance-types": pass_.job.instance_types,
        "database-classes": pass_.job.database_classes,
        "instance-role": (names.instance_role_arn,),
        "ec2-service": (ec2_service(pass_.partition),),
        "user": (names.user_arn,),
        "mfa": (names.guest_mfa_arn,),
        **{f"{taken.option}-{field}": values for taken in pass_.job.options for field, values in taken.says},
    }


def ec2_service(partition: str) -> str:
    """The service principal to which the instance role is passed."""
    # AWS: Amazon Web Services in China, getting started: "service principals for EC2 end in amazonaws.com.cn"
    return "ec2.amazonaws.com.cn" if partition == "aws-cn" else "ec2.amazonaws.com"
