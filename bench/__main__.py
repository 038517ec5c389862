"""Run every benchmark, one after the other, each in its own process; or the ones named: `python -m bench catalogue`."""

import subprocess
import sys

BENCHMARKS = ("bench.catalogue_load", "bench.evaluate", "bench.local", "bench.fit", "bench.catalogue")


def main() -> int:
    named = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    if unknown := {f"bench.{name}" for name in named} - set(BENCHMARKS):
        print(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}", file=sys.stderr
        )
        return 2
    worst = 0
    for name in [f"bench.{one}" for one in named] or BENCHMARKS:
        print(f"== python -m {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", name, *options], check=False).returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
