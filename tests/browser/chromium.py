"""Debian's Chromium, spoken to through a pipe by its DevTools protocol: no driver, no port, no library."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds to wait for one answer."""

HINT = "run tools/test-packages, or set CHROMIUM to a browser's path"


def program() -> str:
    """Return where the browser is; a test without it fails, it is never skipped."""
    chosen = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chosen is None:
        raise FileNotFoundError(f"no chromium; {HINT}")
    return chosen


@dataclass(kw_only=True, slots=True)
class Browser:
    """A running browser with one page. `heard` are all events of its protocol so far."""

    write: int
    read: int
    session: str = ""
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""

    def ask(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            self.heard.append(told)

    def wait_for(self, method: str) -> None:
        """Return when an event of this name has been heard since the last `open`."""
        while not any(each.get("method") == method for each in self.heard):
            self.heard.append(self._next())

    def open(
        self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False, media: str = ""
    ) -> None:
        """Show a file in a window of this size, and forget what was heard before."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.heard.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript in the page; the page itself may run none, the protocol may."""
        told = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def picture(
        self, path: Path, *, whole: bool = False, clip: tuple[int, int, int, int] | None = None
    ) -> None:
        """Write what is seen as a PNG; `whole` for the page down to its foot."""
        more: dict[str, Any] = {"captureBeyondViewport": whole or clip is not None}
        if clip is not None:
            x, y, width, height = clip
            more["clip"] = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        elif whole:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            more["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png", **more)["data"]))

    def pdf(self) -> bytes:
        """Print the page."""
        told = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(told["data"])

    def requested(self) -> list[str]:
        """Return every address that was asked for."""
        told = (each["params"] for each in self.heard if each.get("method") == "Network.requestWillBeSent")
        return [each["request"]["url"] for each in told]

    def complaints(self) -> list[str]:
        """Return everything that the page's console and the browser's log held against it."""
        out = []
        for each in self.heard:
            match each.get("method"):
                case "Log.entryAdded":
                    out.append(str(each["params"]["entry"]["text"]))
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Audits.issueAdded":
                    out.append(json.dumps(each["params"]))
        return out

    def _next(self) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.read], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            part = os.read(self.read, 1 << 20)
            assert part, "the browser has gone"
            self._rest += part
        line, self._rest = self._rest.split(b"\0", 1)
        told: Mapping[str, Any] = json.loads(line)
        return told


@contextmanager
def running(folder: Path) -> Iterator[Browser]:
    """Start a browser that keeps everything in `folder` and reaches nothing; end it at the end."""
    to_browser, writes = os.pipe()
    reads, from_browser = os.pipe()
    command = [
        program(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--force-color-profile=srgb",
        "--disable-dev-shm-usage", f"--user-data-dir={folder}", "--remote-debugging-pipe", "about:blank",
    ]  # fmt: skip
    # the protocol's pipe is file 3 (in) and file 4 (out): a shell puts them there
    shell = 'exec 3<&"$0" 4>&"$1"; shift; exec "$@"'
    process = subprocess.Popen(
        ["/bin/bash", "-c", shell, str(to_browser), str(from_browser), *command],
        pass_fds=(to_browser, from_browser),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        browser = Browser(write=writes, read=reads)
        pages = browser.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in pages if each["type"] == "page")
        browser.session = browser.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Audits"):
            browser.ask(f"{domain}.enable")
        yield browser
    finally:
        os.close(writes)
        os.close(reads)
        with_all(process)


def with_all(process: subprocess.Popen[bytes]) -> None:
    """End the browser and its helpers: they are a session of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
