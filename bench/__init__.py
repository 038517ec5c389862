"""Side-by-side measurements, one command each: `python -m bench.evaluate`. `python -m bench` runs them all.

Ratios against a peer in the same run are what counts: machines are shared and noisy.
Results are kept, with the command and the date, in docs/benchmarks.md.
"""
