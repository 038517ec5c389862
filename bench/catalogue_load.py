"""How long the catalogue takes for one question, in a process that has asked nothing before.

What counts is what the question itself adds: reading and unpacking the members that it needs, and answering; the import of
the room, which is code and no data, is shown beside it. Medians over fresh processes. The processor's time is what an idle
machine would take (the file lies in memory by then); the clock's also counts what others do meanwhile.
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
import time
begun = time.process_time()
from guestpass import catalog
WHERE = catalog.Where(account='111122223333', region='eu-west-1')
imported, clock = time.process_time(), time.perf_counter()
{question}
answered, later = time.process_time(), time.perf_counter()
print((answered - imported) * 1000, (later - clock) * 1000, (imported - begun) * 1000)
"""


def measure(question: str) -> dict[str, float]:
    """The medians of a question in milliseconds: the answer by both clocks, and the import."""
    asked = [sys.executable, "-c", _ASK.format(question=question)]
    runs = [
        subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(ROUNDS)
    ]
    names = ("answer_ms", "by_the_clock_ms", "import_ms")
    return {
        name: statistics.median(float(value) for value in values)
        for name, values in zip(names, zip(*runs, strict=True), strict=True)
    }


def main() -> int:
    figures = {}
    print(f"{'question':<36} {'answer':>8} {'by the clock':>13} {'import':>8}   ms, medians of {ROUNDS}")
    for name, question in QUESTIONS.items():
        figures[name] = row = measure(question)
        print(
            f"{name:<36} {row['answer_ms']:8.1f} {row['by_the_clock_ms']:13.1f} {row['import_ms']:8.1f}"
            f"{'   slow' if row['answer_ms'] > WANTED_MS else ''}",
            flush=True,
        )
    worst = max(row["answer_ms"] for row in figures.values())
    print(f"slowest answer {worst:.1f} ms; wanted: under {WANTED_MS:.0f} ms")
    if "--json" in sys.argv:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
