"""The box's own small door, beside AWS: its clock and its decisions, for whoever holds the control token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from guestpass.local.clock import Clock
from guestpass.local.exchange import Arrival, Reply
from guestpass.local.gateway import Gateway

PREFIX = "/_guestpass/"
_LOOPBACK = {"127.0.0.1", "localhost"}


class Control:
    """Answers `/_guestpass/…`; everything else is AWS's."""

    def __init__(self, *, gateway: Gateway, clock: Clock, token: str) -> None:
        self._gateway, self._clock, self._token = gateway, clock, token

    def answer(self, arrival: Arrival) -> Reply:
        """The reply to any request at all."""
        if not arrival.path.startswith(PREFIX):
            return self._gateway.answer(arrival)
        # A web page must not reach the box by a name of its own that points at 127.0.0.1.
        host = (arrival.header("host") or "").rpartition(":")[0] or (arrival.header("host") or "")
        given = (arrival.header("x-guestpass-control") or "").encode()
        if host not in _LOOPBACK or not hmac.compare_digest(given, self._token.encode()):
            return _json(403, {"error": "the control token is missing or wrong"})
        return self._asked(arrival)

    def _asked(self, arrival: Arrival) -> Reply:
        name = arrival.path.removeprefix(PREFIX)
        match (arrival.method, name):
            case ("GET", "ready"):
                return _json(200, {"ready": True})
            case ("GET", "clock"):
                return self._time()
            case ("POST", "clock"):
                return self._moved(arrival.body)
            case ("POST", "bill"):
                return _json(200, {"written": list(self._gateway.write_bill())})
            case ("POST", "deliver"):
                return _json(200, self._gateway.deliver(all_=True))
            case ("POST", "delivery"):
                return self._waits(arrival.body)
            case ("GET", _) if name.startswith("machines/"):
                machine = self._gateway.machines.told(name.removeprefix("machines/"))
                return _json(404, {"error": "no such machine"}) if machine is None else _json(200, machine)
            case ("GET", _) if name.startswith("decisions/"):
                decision = self._gateway.decision(name.removeprefix("decisions/"))
                return _json(404, {"error": "no such request"}) if decision is None else _json(200, decision)
        return _json(404, {"error": "no such thing"})

    def _moved(self, body: bytes) -> Reply:
        try:
            seconds = _number(body, "offset_seconds")
            self._gateway.settle()
            self._clock.set_offset(seconds)
        except (ValueError, TypeError, KeyError, OverflowError):
            return _json(400, {"error": 'expected {"offset_seconds": NUMBER} that a date can say'})
        self._gateway.deliver(all_=False)
        return self._time()

    def _waits(self, body: bytes) -> Reply:
        try:
            seconds = _number(body, "seconds")
            self._gateway.set_delivery(seconds)
        except (ValueError, TypeError, KeyError, OverflowError):
            return _json(400, {"error": 'expected {"seconds": NUMBER}, 0 or more'})
        return _json(200, {"seconds": seconds})

    def _time(self) -> Reply:
        return _json(
            200, {"now": self._clock.now().isoformat(), "offset_seconds": self._clock.offset_seconds}
        )


def _number(body: bytes, name: str) -> float:
    number = json.loads(body)[name]
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError
    return float(number)


def _json(status: int, content: Mapping[str, Any]) -> Reply:
    return Reply(
        status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(content).encode()
    )
