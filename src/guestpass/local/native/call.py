"""What an operation of the box's own is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guestpass.local.backend.wire import Asked
from guestpass.local.billing import Billing
from guestpass.local.callers import Caller
from guestpass.local.clock import Clock
from guestpass.local.delivery import Deliverer
from guestpass.local.exchange import Refusal
from guestpass.local.machines import Machines
from guestpass.local.record import Record
from guestpass.local.sessions import Sessions


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """An authorised call and the parts of the box it may use."""

    asked: Asked
    caller: Caller
    region: str
    clock: Clock
    sessions: Sessions
    record: Record
    billing: Billing
    deliverer: Deliverer
    machines: Machines

    def get(self, name: str, default: Any = None) -> Any:
        """The parameter of this name."""
        return self.asked.parameters.get(name, default)

    def need(self, name: str) -> str:
        """The parameter of this name, as text. Raises Refusal (ValidationError) when it is missing."""
        value = self.asked.parameters.get(name)
        if not isinstance(value, str) or not value:
            raise invalid(
                f"1 validation error detected: Value null at '{name[:1].lower()}{name[1:]}' failed to "
                "satisfy constraint: Member must not be null"
            )
        return value


def invalid(says: str) -> Refusal:
    """The query protocol's validation error."""
    return Refusal("ValidationError", says, status=400, literal=True)
