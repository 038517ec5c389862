"""The npm package @cloud-copilot/iam-simulate (AGPL), installed into a folder that is thrown away, run by node."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
_SCRIPT = Path(__file__).with_suffix(".mjs")


def rate(policies: Sequence[Mapping[str, Any]], requests: Sequence[Mapping[str, Any]]) -> float | str:
    """Decisions per CPU-second, or why there is no figure."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm and node are not here"
    with tempfile.TemporaryDirectory(prefix="guestpass-peer-") as folder:
        there = Path(folder)
        got = subprocess.run(
            ["npm", "install", "--no-save", "--silent", "--no-audit", "--no-fund", PACKAGE],
            cwd=there,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if got.returncode:
            return f"npm could not bring {PACKAGE}"
        home = there / "node_modules" / "@cloud-copilot" / "iam-simulate"
        entry = home / _entry(home)
        (there / "asked.json").write_text(json.dumps({"policies": policies, "requests": requests}))
        ran = subprocess.run(
            ["node", _SCRIPT, entry, there / "asked.json"],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if ran.returncode:
        return f"{PACKAGE} failed: {ran.stderr.strip().splitlines()[-1:]}"
    told = json.loads(ran.stdout)
    return float(told["rate"]) if len(told["kinds"]) > 1 else f"{PACKAGE} answers {told['kinds']}"


def _entry(home: Path) -> str:
    told = json.loads((home / "package.json").read_text())
    exports = told.get("exports", {})
    main = exports.get(".", exports) if isinstance(exports, dict) else exports
    while isinstance(main, dict):
        main = main.get("import") or main.get("default") or next(iter(main.values()))
    return str(main or told.get("main", "dist/esm/index.js"))
