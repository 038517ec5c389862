"""CloudFormation and SAM templates in, declared resources out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestpass import catalog
from guestpass.errors import InputError, Place
from guestpass.needs.declared import Declared, Missing, Scene
from guestpass.needs.template.functions import Functions
from guestpass.needs.template.reading import Located, read_template
from guestpass.needs.template.sam import TRANSFORM, expanded
from guestpass.needs.tree import printable

__all__ = ["of_template"]

_NOT_OPENED = {
    "AWS::CloudFormation::Stack": "what is in the nested stack is in its own template",
    "AWS::CloudFormation::CustomResource": "what a custom resource does is in its function",
    "AWS::CloudFormation::Macro": "what a macro writes shows when it is run",
}


def of_template(
    text: str, *, file: str, scene: Scene, parameters: Mapping[str, str] | None = None
) -> tuple[tuple[Declared, ...], tuple[Missing, ...]]:
    """Read the resources that a template declares, and what is missing of it.

    A resource whose condition surely does not hold is left out; one with `DeletionPolicy: Retain` keeps its delete, for a
    stack that fails takes down what it made. Within a text `*` stands for what is not known. Raises `InputError` with file,
    line and column for what is no template, and for parameters that it does not have.
    """
    top = read_template(text, file=file)
    resources: dict[str, Any] = _mapping(top, "Resources")
    if not resources:
        raise InputError(
            "the template has no resources", place=Place(file=file, line=1), expected="a mapping `Resources`"
        )
    functions = Functions(
        scene=scene,
        file=file,
        parameters=_mapping(top, "Parameters"),
        given=parameters or {},
        mappings=_mapping(top, "Mappings"),
        conditions=_mapping(top, "Conditions"),
        resources=resources,
    )
    _require_known(functions, file)
    places = resources.names if isinstance(resources, Located) else {}
    transforms = top.get("Transform", ())
    transforms = [transforms] if isinstance(transforms, (str, Mapping)) else list(transforms or ())
    for each in transforms:
        if each != TRANSFORM:
            functions.missing.append(
                Missing(
                    says=f"the macro `{printable(str(each))}` writes resources that are not in the template",
                    place=top.place,
                    hint="aws cloudformation get-template --template-stage Processed",
                )
            )
    if TRANSFORM in transforms:
        resources = expanded(resources, _mapping(top, "Globals"), functions.missing, file)
        functions.resources = resources
    declared = []
    for name, told in resources.items():
        place = places.get(name.partition("/")[0]) or (told.place if isinstance(told, Located) else top.place)
        found = _declared(name, told, place, functions)
        if found is not None:
            declared.append(found)
    return tuple(declared), tuple(dict.fromkeys(functions.missing))


def _mapping(top: Located, name: str) -> dict[str, Any]:
    told = top.get(name)
    if told is None:
        return {}
    if not isinstance(told, Located):
        raise InputError(f"`{name}` is not a mapping", place=top.place, expected="names with what each is")
    return told


def _require_known(functions: Functions, file: str) -> None:
    for name in functions.given:
        if name not in functions.parameters:
            raise InputError(
                f"the template has no parameter `{printable(name)}`",
                place=Place(file=file),
                expected=", ".join(functions.parameters) or "no `--param`",
            )


def _declared(name: str, told: Any, place: Place, functions: Functions) -> Declared | None:
    def lacks(says: str, hint: str | None = None) -> None:
        functions.missing.append(Missing(says=says, place=place, hint=hint))

    if name.startswith("Fn::"):
        lacks(
            f"`{printable(name)}` writes resources that are not in the template", "expand the template first"
        )
        return None
    if not isinstance(told, Mapping) or not isinstance(told.get("Type"), str):
        raise InputError(
            f"`{printable(name)}` has no type", place=place, expected="`Type`, as in `AWS::S3::Bucket`"
        )
    if "Condition" in told and functions.holds(told["Condition"], place) is False:
        return None
    type_ = told["Type"]
    if type_ in _NOT_OPENED or type_.startswith("Custom::") or type_.endswith("::MODULE"):
        lacks(
            f"`{printable(name)}`: {_NOT_OPENED.get(type_, 'what it does is not in the template')}",
            "guestpass needs NESTED.yaml, for a nested stack"
            if type_ == "AWS::CloudFormation::Stack"
            else None,
        )
        if type_ not in _NOT_OPENED:
            return None
    known = catalog.cloudformation_type(type_)
    if isinstance(known, catalog.Unmapped):
        near = catalog.nearest_types(type_)
        lacks(
            f"`{printable(name)}`: nothing is known of the type `{printable(type_)}`",
            f"did you mean `{near[0]}`?" if near else None,
        )
        return None
    properties = told.get("Properties") or {}
    if not isinstance(properties, Mapping):
        raise InputError(
            f"the properties of `{printable(name)}` are not a mapping",
            place=place,
            expected="names with values",
        )
    return Declared(
        address=name,
        type=known.name,
        properties=functions.properties(properties, place),
        place=place,
        verbs=frozenset({"create", "read", "update", "delete"}),
    )
