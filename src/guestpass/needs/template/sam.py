"""SAM's types as CloudFormation's: what the transform would write, as far as permissions hang on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestpass.errors import Place
from guestpass.needs.declared import Missing
from guestpass.needs.template.reading import Located
from guestpass.needs.tree import printable

TRANSFORM = "AWS::Serverless-2016-10-31"
_SAM = "AWS::Serverless::"

# AWS: SAM, "Generated CloudFormation resources"
_PLAIN = {
    "SimpleTable": "AWS::DynamoDB::Table",
    "LayerVersion": "AWS::Lambda::LayerVersion",
    "StateMachine": "AWS::StepFunctions::StateMachine",
    "GraphQLApi": "AWS::AppSync::GraphQLApi",
    "Connector": "",
    "Application": "AWS::CloudFormation::Stack",
}
_POLLED = ("SQS", "Kinesis", "DynamoDB", "MSK", "MQ", "SelfManagedKafka", "DocumentDB")
_RENAMED = {"TableName": "TableName", "Name": "StateMachineName"}


def expanded(
    resources: Mapping[str, Any], globals_: Mapping[str, Any], missing: list[Missing], file: str
) -> dict[str, Any]:
    """Write what each resource of SAM's stands for beside it; what the transform adds is called `NAME/PART`."""
    out: dict[str, Any] = {}
    for name, told in resources.items():
        type_ = told.get("Type") if isinstance(told, Mapping) else None
        if not isinstance(type_, str) or not type_.startswith(_SAM):
            out[name] = told
            continue
        kind = type_.removeprefix(_SAM)
        common = globals_.get(kind)
        own = told.get("Properties") or {}
        properties = {
            **(common if isinstance(common, Mapping) else {}),
            **(own if isinstance(own, Mapping) else {}),
        }
        place = told.place if isinstance(told, Located) else Place(file=file)
        out.update(_written(name, kind, properties, told, place, missing))
    return out


def _written(
    name: str,
    kind: str,
    properties: dict[str, Any],
    told: Mapping[str, Any],
    place: Place,
    missing: list[Missing],
) -> dict[str, Any]:
    def resource(type_: str, values: Mapping[str, Any]) -> Located:
        written = {"Type": type_, "Properties": Located(dict(values), place)}
        if "Condition" in told:
            written["Condition"] = told["Condition"]
        return Located(written, place)

    match kind:
        case "Function":
            return _function(name, properties, resource)
        case "StateMachine":
            machine = {
                "StateMachineName" if key == "Name" else key: value for key, value in properties.items()
            }
            machine["RoleArn"] = properties.get("Role") or {"Fn::GetAtt": [f"{name}Role", "Arn"]}
            role = (
                {}
                if "Role" in properties
                else {f"{name}Role": resource("AWS::IAM::Role", _policies(properties))}
            )
            return {name: resource(_PLAIN[kind], machine), **role}
        case "Api":
            return {
                name: resource("AWS::ApiGateway::RestApi", properties),
                f"{name}/Deployment": resource("AWS::ApiGateway::Deployment", {"RestApiId": {"Ref": name}}),
                f"{name}/Stage": resource(
                    "AWS::ApiGateway::Stage",
                    {"RestApiId": {"Ref": name}, "StageName": properties.get("StageName")},
                ),
            }
        case "HttpApi":
            return {
                name: resource("AWS::ApiGatewayV2::Api", properties),
                f"{name}/Stage": resource(
                    "AWS::ApiGatewayV2::Stage",
                    {"ApiId": {"Ref": name}, "StageName": properties.get("StageName")},
                ),
            }
        case _ if _PLAIN.get(kind):
            return {name: resource(_PLAIN[kind], properties)}
        case _:
            missing.append(
                Missing(
                    says=f"`{printable(name)}`: it is not known what `{_SAM}{printable(kind)}` writes",
                    place=place,
                    hint="sam build, and give the template that comes out",
                )
            )
            return {}


def _function(name: str, properties: dict[str, Any], resource: Any) -> dict[str, Any]:
    function = {
        key: value
        for key, value in properties.items()
        if key not in ("Events", "Policies", "AutoPublishAlias")
    }
    out: dict[str, Any] = {}
    if "Role" not in properties:
        function["Role"] = {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        out[f"{name}Role"] = resource("AWS::IAM::Role", _policies(properties))
    out = {name: resource("AWS::Lambda::Function", function), **out}
    if "AutoPublishAlias" in properties:
        out[f"{name}/Version"] = resource("AWS::Lambda::Version", {"FunctionName": {"Ref": name}})
        out[f"{name}/Alias"] = resource(
            "AWS::Lambda::Alias", {"FunctionName": {"Ref": name}, "Name": properties["AutoPublishAlias"]}
        )
    if "FunctionUrlConfig" in properties:
        out[f"{name}/Url"] = resource("AWS::Lambda::Url", {"TargetFunctionArn": {"Ref": name}})
    events = properties.get("Events")
    for event, told in events.items() if isinstance(events, Mapping) else ():
        kind = str(told.get("Type")) if isinstance(told, Mapping) else ""
        values = told.get("Properties") if isinstance(told, Mapping) else None
        out.update(
            _event(name, f"{name}/{event}", kind, values if isinstance(values, Mapping) else {}, resource)
        )
    return out


def _event(name: str, called: str, kind: str, values: Mapping[str, Any], resource: Any) -> dict[str, Any]:
    """What makes the function run; what calls it from outside needs a permission on it."""
    calls = {f"{called}Permission": resource("AWS::Lambda::Permission", {"FunctionName": {"Ref": name}})}
    if kind in _POLLED:
        return {
            called: resource("AWS::Lambda::EventSourceMapping", {"FunctionName": {"Ref": name}, **values})
        }
    match kind:
        case "Api":
            implicit = (
                {}
                if "RestApiId" in values
                else {"ServerlessRestApi": resource("AWS::ApiGateway::RestApi", {})}
            )
            return {**implicit, **calls}
        case "HttpApi":
            implicit = (
                {} if "ApiId" in values else {"ServerlessHttpApi": resource("AWS::ApiGatewayV2::Api", {})}
            )
            return {**implicit, **calls}
        case "Schedule" | "EventBridgeRule" | "CloudWatchEvent":
            return {called: resource("AWS::Events::Rule", values), **calls}
        case "ScheduleV2":
            return {called: resource("AWS::Scheduler::Schedule", values)}
        case "SNS":
            return {called: resource("AWS::SNS::Subscription", {"TopicArn": values.get("Topic")}), **calls}
        case "CloudWatchLogs":
            return {called: resource("AWS::Logs::SubscriptionFilter", values), **calls}
        case _:
            return calls


def _policies(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Of a role that the transform makes only that policies are written into it."""
    return {"Policies": [{"PolicyName": "sam"}]} if "Policies" in properties else {}
