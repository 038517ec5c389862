"""The names nearest to one that nobody knows: what a reader with a slip of the keyboard meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> tuple[str, ...]:
    """Up to `count` of the known names, the nearest first; case does not matter, and what is not alike is not named."""
    spelt = {each.lower(): each for each in known}
    # what is much longer or shorter cannot be near enough: leaving it out first makes long lists quick
    wanted = name.lower()
    alike = [each for each in spelt if len(wanted) <= 2 * len(each) and len(each) <= 2 * len(wanted)]
    return tuple(spelt[each] for each in difflib.get_close_matches(wanted, alike, n=count, cutoff=0.6))
