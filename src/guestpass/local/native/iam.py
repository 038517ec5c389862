"""IAM where moto forgets: users' boundaries, and the things that keep an identity from being deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guestpass.local.backend import iam
from guestpass.local.exchange import Refusal
from guestpass.local.native.call import Call


def put_user_boundary(call: Call) -> Mapping[str, Any]:
    """PutUserPermissionsBoundary."""
    name, arn = call.need("UserName"), call.need("PermissionsBoundary")
    _user_exists(call, name)
    _policy_exists(call, arn)
    iam.set_boundary(call.caller.account, name, arn)
    return {}


def delete_user_boundary(call: Call) -> Mapping[str, Any]:
    """DeleteUserPermissionsBoundary."""
    name = call.need("UserName")
    _user_exists(call, name)
    held = iam.user(call.caller.account, name)
    if held is None or held.boundary is None:
        raise _no_entity(f"User {name} does not have a permissions boundary attached.")
    iam.set_boundary(call.caller.account, name, None)
    return {}


def _boundary_exists(call: Call) -> None:
    arn = call.get("PermissionsBoundary")
    if arn:
        _policy_exists(call, str(arn))


def _bounded(call: Call, content: dict[str, Any]) -> Mapping[str, Any] | None:
    arn = call.get("PermissionsBoundary")
    if not arn:
        return None
    iam.set_boundary(call.caller.account, call.need("UserName"), str(arn))
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": str(arn)}
    return {"User": {**content.get("User", {}), "PermissionsBoundary": boundary}}


def _must_be_changed(call: Call, content: dict[str, Any]) -> Mapping[str, Any]:
    """CreateLoginProfile: moto forgets whether the password must be changed at the first log-in."""
    required = call.get("PasswordResetRequired") is True
    iam.set_password_reset(call.caller.account, call.need("UserName"), required=required)
    return {"LoginProfile": {**content["LoginProfile"], "PasswordResetRequired": required}}


def _name_is_free(call: Call) -> None:
    """UpdateUser: moto takes a name that is taken, and loses the tags, which it keeps by ARN."""
    new = call.get("NewUserName")
    if new and new != call.need("UserName") and iam.user(call.caller.account, str(new)) is not None:
        raise Refusal(
            "EntityAlreadyExists", f"User with name {new} already exists.", status=409, literal=True
        )
    _user_exists(call, call.need("UserName"))
    iam.move_tags(call.caller.account, call.need("UserName"), name=new, path=call.get("NewPath"))


def _renamed(call: Call, _content: dict[str, Any]) -> None:
    """UpdateUser: moto leaves the old name on the user's keys."""
    new = call.get("NewUserName")
    if new:
        iam.rename_keys(call.caller.account, str(new))


def _root_itself(call: Call, _content: dict[str, Any]) -> Mapping[str, Any] | None:
    """GetUser without a name, called by root: moto would make somebody up."""
    if call.get("UserName") or call.caller.kind != "Root":
        return None
    account = call.caller.account
    return {
        "User": {
            "UserId": account,
            "Arn": call.caller.arn,
            "CreateDate": call.clock.now().replace(microsecond=0),
        }
    }


def _with_bounded(call: Call, content: dict[str, Any]) -> Mapping[str, Any] | None:
    """ListEntitiesForPolicy: moto leaves out whom the policy bounds."""
    usage, kind = call.get("PolicyUsageFilter"), call.get("EntityFilter")
    users, roles = iam.bounded_by(call.caller.account, call.need("PolicyArn"))
    answer: dict[str, Any] = {"IsTruncated": False}
    for member, entity, bounded in (
        ("PolicyUsers", "User", [{"UserName": name, "UserId": id_} for name, id_ in users]),
        ("PolicyRoles", "Role", [{"RoleName": name, "RoleId": id_} for name, id_ in roles]),
        ("PolicyGroups", "Group", []),
    ):
        attached = [] if usage == "PermissionsBoundary" else list(content.get(member) or [])
        more = [] if usage == "PermissionsPolicy" else [one for one in bounded if one not in attached]
        answer[member] = attached + more if kind in {None, entity} else []
    return answer


def _without_boundaries(_call: Call, content: dict[str, Any]) -> Mapping[str, Any]:
    # AWS: IAM API: ListUsers: the answer has neither PermissionsBoundary nor Tags
    users = [
        {k: v for k, v in user.items() if k not in {"PermissionsBoundary", "Tags"}}
        for user in content["Users"]
    ]
    return {**content, "Users": users}


def _user_has_no_children(call: Call) -> None:
    _refuse_conflict(iam.children(call.caller.account, call.need("UserName")))


def _group_is_empty(call: Call) -> None:
    _refuse_conflict(iam.group_content(call.caller.account, call.need("GroupName")))


def _policy_is_unused(call: Call) -> None:
    arn = call.need("PolicyArn")
    if arn.startswith(iam.AWS_POLICY):
        raise Refusal(
            "AccessDenied", f"{arn} is an AWS managed policy and cannot be deleted.", status=403, literal=True
        )
    why = iam.policy_in_use(call.caller.account, arn)
    if why is not None:
        raise Refusal("DeleteConflict", why, status=409, literal=True)


def _refuse_conflict(why: str | None) -> None:
    # AWS: IAM API: DeleteUser, DeleteGroup: DeleteConflict: "attempted to delete a resource that has attached
    # subordinate entities"
    if why is not None:
        raise Refusal("DeleteConflict", f"Cannot delete entity, {why}.", status=409, literal=True)


def _user_exists(call: Call, name: str) -> None:
    if iam.user(call.caller.account, name) is None:
        raise _no_entity(f"The user with name {name} cannot be found.")


def _policy_exists(call: Call, arn: str) -> None:
    if iam.document(arn, call.caller.account) is None:
        raise _no_entity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _no_entity(says: str) -> Refusal:
    return Refusal("NoSuchEntity", says, status=404, literal=True)


ANSWERED: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
    "PutUserPermissionsBoundary": put_user_boundary,
    "DeleteUserPermissionsBoundary": delete_user_boundary,
}

BEFORE: Mapping[str, Callable[[Call], None]] = {
    "CreateUser": _boundary_exists,
    "CreateRole": _boundary_exists,
    "PutRolePermissionsBoundary": _boundary_exists,
    "DeleteUser": _user_has_no_children,
    "UpdateUser": _name_is_free,
    "DeleteGroup": _group_is_empty,
    "DeletePolicy": _policy_is_unused,
}

AFTER: Mapping[str, Callable[[Call, dict[str, Any]], Mapping[str, Any] | None]] = {
    "CreateLoginProfile": _must_be_changed,
    "CreateUser": _bounded,
    "GetUser": _root_itself,
    "ListEntitiesForPolicy": _with_bounded,
    "ListUsers": _without_boundaries,
    "UpdateUser": _renamed,
}
