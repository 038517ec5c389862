"""Run every benchmark, one after the other, each in its own process."""

import subprocess
import sys

BENCHMARKS = ("bench.evaluate", "bench.local")


def main() -> int:
    worst = 0
    for name in BENCHMARKS:
        print(f"== python -m {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", name], check=False).returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
