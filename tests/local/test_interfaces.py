"""An interface that a launch makes goes with its instance, unless the launch says otherwise; one from before stays."""

from __future__ import annotations

from typing import Any

from local.speaking import Client


def launched(owner: Client, **more: Any) -> str:
    ec2 = owner("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1, **more}
    return str(ec2.run_instances(**asked)["Instances"][0]["InstanceId"])


def of(owner: Client, instance: str) -> list[str]:
    filters = [{"Name": "attachment.instance-id", "Values": [instance]}]
    found = owner("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return [each["NetworkInterfaceId"] for each in found]


def stands(owner: Client, interface: str) -> bool:
    found = owner("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return interface in [each["NetworkInterfaceId"] for each in found]


def subnet(owner: Client) -> str:
    return str(owner("ec2").describe_subnets()["Subnets"][0]["SubnetId"])


def test_what_a_launch_makes_goes_with_its_instance(owner: Client) -> None:
    instance = launched(owner, SubnetId=subnet(owner))
    (interface,) = of(owner, instance)
    owner("ec2").terminate_instances(InstanceIds=[instance])
    assert not stands(owner, interface)


def test_what_the_launch_wants_kept_stays(owner: Client) -> None:
    told = {"DeviceIndex": 0, "SubnetId": subnet(owner), "DeleteOnTermination": False}
    instance = launched(owner, NetworkInterfaces=[told])
    (interface,) = of(owner, instance)
    owner("ec2").terminate_instances(InstanceIds=[instance])
    assert stands(owner, interface)


def test_what_was_there_before_the_launch_stays(owner: Client) -> None:
    made = owner("ec2").create_network_interface(SubnetId=subnet(owner))["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    instance = launched(owner, NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": made}])
    assert of(owner, instance) == [made]
    owner("ec2").terminate_instances(InstanceIds=[instance])
    assert stands(owner, made)
