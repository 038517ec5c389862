"""A box as a process: it starts, hands its keys over quietly, takes any input, and goes when let go."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestpass.errors import InputError
from guestpass.local import Box, start
from local.speaking import Client, client_of, code_of


def test_no_secret_shows_in_a_repr(box: Box) -> None:
    shown = repr(box) + repr(box.owner) + repr(box.root)
    assert box.owner.access_key_id in shown
    for secret in (box.owner.secret_access_key, box.root.secret_access_key, box.control_token):
        assert secret not in shown


def test_no_secret_is_in_the_process_list(box: Box) -> None:
    process = Path("/proc") / str(box._process.pid)
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    for secret in (box.owner.secret_access_key, box.root.secret_access_key, box.control_token):
        assert secret.encode() not in seen


def test_it_listens_on_the_loopback_address_alone(box: Box) -> None:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    mine = [address for address in local if int(address.split(":")[1], 16) == box.port]
    assert mine == [f"0100007F:{box.port:04X}"]


def test_a_port_that_is_taken_is_said_so_with_a_hint(box: Box) -> None:
    with pytest.raises(InputError) as caught:
        start(box.port)
    assert str(box.port) in caught.value.says
    assert "guestpass local --port" in str(caught.value.hint)


def test_the_box_dies_with_its_parent() -> None:
    code = (
        "import os, sys\nfrom guestpass.local import start\nbox = start()\n"
        "print(box.port, box._process.pid, flush=True)\nos._exit(9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert parent.returncode == 9, parent.stderr
    pid = int(parent.stdout.split()[1])
    for _ in range(50):
        if not _runs(pid):
            return
        time.sleep(0.1)
    pytest.fail("the box outlived its parent by five seconds")


def _runs(pid: int) -> bool:
    status = Path("/proc") / str(pid) / "stat"
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_close_stops_it_and_may_be_said_twice() -> None:
    box = start()
    pid = box._process.pid
    box.close()
    box.close()
    assert not _runs(pid)


def test_run_writes_a_private_file_and_takes_it_away(tmp_path: Path) -> None:
    target = tmp_path / "box.env"
    code = (
        "import sys\nfrom pathlib import Path\nfrom guestpass.local import run\n"
        "run(0, Path(sys.argv[1]), lambda line: print(line, flush=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        text = target.read_text()
        endpoint = next(
            line.partition("=")[2]
            for line in text.splitlines()
            if line.startswith("export AWS_ENDPOINT_URL=")
        )
        assert endpoint in lines[0]
        assert "AWS_SECRET_ACCESS_KEY" in text
        secret = next(line for line in text.splitlines() if "SECRET" in line).partition("=")[2]
        assert secret not in "".join(lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()
    assert not target.exists()


def test_the_aws_command_line_works(box: Box) -> None:
    aws = Path(sys.executable).parent / "aws"
    keys = {
        "AWS_ACCESS_KEY_ID": box.owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": box.owner.secret_access_key,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [aws, "--endpoint-url", box.endpoint_url, "sts", "get-caller-identity"],
        capture_output=True,
        text=True,
        env={**os.environ, **keys},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Arn"].endswith(":user/owner")
    refused = subprocess.run(
        [aws, "--endpoint-url", box.endpoint_url, "cloudwatch", "describe-alarms"],
        capture_output=True,
        text=True,
        env={**os.environ, **keys},
        timeout=60,
    )
    assert refused.returncode != 0
    assert "the box does not know" in refused.stderr


def test_many_clients_at_once_are_each_answered(box: Box, owner: Client) -> None:
    clients = [client_of(box, box.owner, "iam") for _ in range(8)]

    def work(index: int) -> str:
        iam = clients[index % 8]
        iam.create_group(GroupName=f"many-{index}")
        return str(iam.get_group(GroupName=f"many-{index}")["Group"]["GroupName"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == [f"many-{index}" for index in range(40)]


def test_the_control_door_opens_to_its_token_on_loopback_alone(box: Box) -> None:
    def ask(headers: dict[str, str], path: str = "/_guestpass/clock") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=10)
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    right = {"X-Guestpass-Control": box.control_token}
    assert ask(right) == 200
    assert ask(right, "/_guestpass/ready") == 200
    assert ask(right, "/_guestpass/decisions/none") == 404
    assert ask({}) == 403
    assert ask({"X-Guestpass-Control": "wrong"}) == 403
    assert ask({**right, "Host": "evil.example"}) == 403


@pytest.mark.parametrize("path", ["/moto-api/", "/moto-api/data.json", "/latest/meta-data/", "/favicon.ico"])
def test_moto_has_no_door_of_its_own(box: Box, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 403
    assert b"moto" not in response.read().lower()
    connection.close()


def test_a_bucket_called_like_motos_door_is_a_bucket(owner: Client) -> None:
    s3 = owner("s3")
    s3.create_bucket(Bucket="moto-api", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="moto-api", Key="reset", Body=b"x")
    assert s3.get_object(Bucket="moto-api", Key="reset")["Body"].read() == b"x"
    assert owner("iam").get_user(UserName="owner")["User"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 300 + b"\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e\r\n\r\n",
    ],
    ids=range(10),
)
def test_absurd_requests_get_an_answer_in_awss_shape_and_the_box_lives(box: Box, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", box.port), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 ")
    assert b"Traceback" not in answer
    assert b"<Code>" in answer or b"__type" in answer
    assert box.now()


@given(
    st.dictionaries(
        st.sampled_from(
            ["Action", "Version", "UserName", "PolicyDocument", "Tags.member.1.Key", "Path", "MaxItems"]
        ),
        st.text(max_size=30),
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strange_parameters_are_refused_or_answered_and_never_break_the_box(
    box: Box, parameters: dict[str, str]
) -> None:
    from urllib.parse import urlencode

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Keys

    given_action = {"Action": "CreateUser", "Version": "2010-05-08", **parameters}
    request = AWSRequest(
        method="POST",
        url=f"{box.endpoint_url}/",
        data=urlencode(given_action),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    SigV4Auth(Keys(box.owner.access_key_id, box.owner.secret_access_key), "iam", "us-east-1").add_auth(
        request
    )
    connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=10)
    prepared = request.prepare()
    connection.request("POST", "/", prepared.body, dict(prepared.headers.items()))
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status in {200, 400, 403, 404, 409, 500, 501}
    assert b"Traceback" not in body
    assert body.startswith(b"<")


@pytest.mark.parametrize("name", ["\x1abell", "two words", "*", "a" * 65, "", "user/../owner", "na\u00efve"])
def test_a_name_that_aws_would_not_take_makes_no_user(box: Box, name: str) -> None:
    iam = client_of(box, box.owner, "iam", parameter_validation=False)
    assert code_of(iam.create_user, UserName=name) == "ValidationError"
    assert all(user["UserName"] != name for user in iam.list_users()["Users"])


def test_large_objects_go_through(owner: Client) -> None:
    s3 = owner("s3")
    s3.create_bucket(Bucket="large-ones", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    data = os.urandom(6 * 1024 * 1024)
    s3.put_object(Bucket="large-ones", Key="k", Body=data)
    assert s3.get_object(Bucket="large-ones", Key="k")["Body"].read() == data


def test_presigned_urls_work(box: Box, owner: Client) -> None:
    s3 = owner("s3")
    s3.create_bucket(Bucket="presigned", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="presigned", Key="k", Body=b"hello")

    def get(url: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", box.port, timeout=10)) as connection:
            connection.request("GET", url.removeprefix(box.endpoint_url))
            response = connection.getresponse()
            return response.status, response.read()

    asked = {"Params": {"Bucket": "presigned", "Key": "k"}, "ExpiresIn": 60}
    url = client_of(box, box.owner, "s3", signature_version="s3v4").generate_presigned_url(
        "get_object", **asked
    )
    assert get(url) == (200, b"hello")
    assert get(url.replace("/k?", "/other?"))[0] == 403
    older = s3.generate_presigned_url("get_object", **asked)
    status, body = get(older)
    assert status == 400
    assert b"Please use AWS4-HMAC-SHA256" in body
