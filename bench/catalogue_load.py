"""How long the catalogue takes for one question, in a process that has asked nothing before.

What counts is what the question itself adds: reading and unpacking the members that it needs, and answering. The import of
the room, which is code and no data, is shown beside it. Each question is asked in fresh processes; medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

ROUNDS = 7
WANTED_MS = 30.0

QUESTIONS = {
    "action iam:PassRole": "catalog.action('iam:PassRole')",
    "action ec2:RunInstances": "catalog.action('ec2:RunInstances')",
    "nearest to ec2:RunInstance": "catalog.nearest_actions('ec2:RunInstance')",
    "every action": "catalog.all_actions()",
    "actions matching s3:Get*": "catalog.actions_matching('s3:Get*')",
    "type rds:db": "catalog.resource_type('rds:db')",
    "type AWS::EC2::Instance": "catalog.resource_type('AWS::EC2::Instance')",
    "policy PowerUserAccess": "catalog.managed_policy('PowerUserAccess')",
    "policy AmazonEC2FullAccess": "catalog.managed_policy('AmazonEC2FullAccess')",
    "every policy's name": "catalog.managed_policy_names()",
    "service monitoring.amazonaws.com": "catalog.service_spellings('monitoring.amazonaws.com')",
    "operation rds:CreateDBInstance": "catalog.operation('rds', 'CreateDBInstance')",
    "operation ec2:RunInstances": "catalog.operation('ec2', 'RunInstances')",
    "call rds:CreateDBInstance": "catalog.needed_by_call('rds', 'CreateDBInstance', {'DBInstanceIdentifier': 'shop'})",
    "touched by s3:PutObject": "catalog.touched('s3', 'PutObject', {'Bucket': 'b', 'Key': 'k'}, WHERE)",
    "touched by ec2:RunInstances": "catalog.touched('ec2', 'RunInstances', {'ImageId': 'ami-1', 'SubnetId': 'subnet-1'}, WHERE)",
    "event RunInstances": "catalog.event_meaning('ec2.amazonaws.com', 'RunInstances', {'instanceType': 't3.micro'}, WHERE)",
    "event CreateFunction20150331": (
        "catalog.event_meaning('lambda.amazonaws.com', 'CreateFunction20150331', {'functionName': 'f'}, WHERE)"
    ),
    "escalations": "catalog.escalations()",
    "parts": "catalog.parts()",
}

_ASK = """
import sys, time
begun = time.perf_counter()
from guestpass import catalog
from guestpass.catalog import distilled
WHERE = catalog.Where(account='111122223333', region='eu-west-1')
imported = time.perf_counter()
{question}
print((imported - begun) * 1000, (time.perf_counter() - imported) * 1000)
"""


def measure(question: str) -> tuple[float, float]:
    """The medians of a question: milliseconds of the import, and of the answer."""
    asked = [sys.executable, "-c", _ASK.format(question=question)]
    runs = [
        tuple(map(float, subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()))
        for _ in range(ROUNDS)
    ]
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)


def main() -> int:
    figures = {}
    print(f"{'question':<36} {'answer':>9} {'import':>9}   (medians of {ROUNDS} fresh processes, ms)")
    for name, question in QUESTIONS.items():
        imported, answered = measure(question)
        figures[name] = {"answer_ms": answered, "import_ms": imported}
        print(
            f"{name:<36} {answered:9.1f} {imported:9.1f}{'   slow' if answered > WANTED_MS else ''}",
            flush=True,
        )
    worst = max(figures.values(), key=lambda row: row["answer_ms"])["answer_ms"]
    print(f"slowest answer {worst:.1f} ms; wanted: under {WANTED_MS:.0f} ms")
    if "--json" in sys.argv:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
