"""The pass's job: what its blueprint needs in this account, as `Need`s and as the policies that grant it."""

from __future__ import annotations

from guestpass import needs
from guestpass.loan.agreement import Pass
from guestpass.loan.names import Names
from guestpass.needs import Blueprint, Need, Setting
from guestpass.needs.blueprint import RunsAs, Who
from guestpass.needs.policies import Document


def job_policies(pass_: Pass) -> tuple[tuple[str, Document], ...]:
    """Write the job policies of a pass, `(name, document)`, each within IAM's quota."""
    return needs.job_policies(guest_needs(pass_), name=Names.of_pass(pass_).job_policy())


def blueprint_of(pass_: Pass) -> Blueprint:
    """The blueprint that the pass names: one that guestpass knows, or the owner's own."""
    return needs.blueprint(pass_.job.blueprint, text=pass_.job.written)


def guest_needs(pass_: Pass, *, anywhere: bool = False) -> tuple[Need, ...]:
    """Say what the guest needs to do the job, with what the owner agreed to besides."""
    return (*_needs(pass_, "guest", anywhere), *agreed_needs(pass_))


def instance_needs(pass_: Pass, *, anywhere: bool = False) -> tuple[Need, ...]:
    """Say what the site's own instances need to run it."""
    return _needs(pass_, "instance", anywhere)


def _needs(pass_: Pass, who: Who, anywhere: bool) -> tuple[Need, ...]:
    return needs.of_blueprint(
        pass_.job.blueprint,
        setting=setting_of(pass_, anywhere=anywhere),
        login=pass_.guest.login,
        who=who,
        options=(taken.option for taken in pass_.job.options),
        accepted=pass_.job.accept,
        text=pass_.job.written,
    )


def agreed_needs(pass_: Pass) -> tuple[Need, ...]:
    """Say what the owner agreed to beyond the blueprint, each entry as a statement of its own (`AlsoGetObject`)."""
    return needs.of_agreed(
        tuple((also.actions, also.on, also.why, also.to) for also in pass_.job.also), source="pass"
    )


def setting_of(pass_: Pass, *, anywhere: bool = False) -> Setting:
    """Say what a blueprint's placeholders stand for in this pass.

    `anywhere` leaves the region of ARNs open, as several regions do: a list for each would not fit into a
    policy, and the wall holds the region by its Deny.
    """
    names = Names.of_pass(pass_)
    network = pass_.network
    return {
        "partition": (pass_.partition,),
        "account": (pass_.account,),
        "region": ("*" if anywhere or len(pass_.regions) > 1 else pass_.regions[0],),
        "pass": (pass_.name,),
        "own": (f"{names.prefix}*",),
        "store": (names.store,),
        **({"vpc": (network.vpc,), "subnets": network.subnets} if network else {}),
        "image-owners": pass_.job.image_owners,
        "instance-types": pass_.job.instance_types,
        "database-classes": pass_.job.database_classes,
        "instance-role": (names.instance_role_arn,),
        "role-service": (role_service(blueprint_of(pass_).runs_as or "ec2", pass_.partition),),
        "user": (names.user_arn,),
        "mfa": (names.guest_mfa_arn,),
        **{f"{taken.option}-{field}": values for taken in pass_.job.options for field, values in taken.says},
    }


def role_service(runs_as: RunsAs, partition: str) -> str:
    """The service principal to which the role of what is built is passed."""
    # AWS: Amazon Web Services in China, getting started: "service principals for EC2 end in amazonaws.com.cn"
    return f"{runs_as}.amazonaws.com" + (".cn" if partition == "aws-cn" and runs_as == "ec2" else "")
