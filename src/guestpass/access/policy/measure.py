"""How large AWS counts a policy document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def size_of(document: str | Mapping[str, Any]) -> int:
    """The characters of a document as IAM's quotas count them: white space outside of strings is free."""
    # AWS: IAM and AWS STS quotas, "IAM doesn't count white space when calculating the size of a policy"
    if not isinstance(document, str):
        return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
    count, inside, escaped = 0, False, False
    for letter in document:
        if inside:
            count += 1
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                inside = False
        elif not letter.isspace():
            count += 1
            inside = letter == '"'
    return count
