"""The way of a call: identify, verify, parse, authorise, dispatch, record; and what follows a no."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from guestpass.catalog import home_region
from guestpass.local import answers, native
from guestpass.local.authorise import Judgement, authorise, told
from guestpass.local.backend import iam, wire
from guestpass.local.backend.constraints import hold_to_model
from guestpass.local.backend.dispatch import Dispatcher
from guestpass.local.backend.names import regions
from guestpass.local.billing import Billing
from guestpass.local.callers import Caller, Callers, invalid_token
from guestpass.local.clock import Clock
from guestpass.local.context import Surroundings
from guestpass.local.delivery import Deliverer
from guestpass.local.exchange import Arrival, Refusal, Reply
from guestpass.local.identify import Claim, identify
from guestpass.local.machines import Host, Machines
from guestpass.local.native.sts import instance_session, second_factor
from guestpass.local.record import Outcome, Record, kept_of, seen_from
from guestpass.local.sessions import Sessions
from guestpass.local.verify import verify

_DECISIONS_KEPT = 5_000

# AWS: IAM API: "If you do not specify a user name, IAM determines the user name implicitly"
_SELF_BY_DEFAULT = frozenset(
    {
        "GetUser",
        "CreateAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "DeleteAccessKey",
        "ListMFADevices",
        "ListSigningCertificates",
        "UploadSigningCertificate",
        "UpdateSigningCertificate",
        "DeleteSigningCertificate",
        "ListSSHPublicKeys",
        "ListServiceSpecificCredentials",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A call whose signature is right: who, what, and the plain payload."""

    claim: Claim
    caller: Caller
    asked: wire.Asked
    body: bytes


class Gateway:
    """One AWS in a box. `answer` takes a request and gives the reply; it never raises."""

    def __init__(
        self,
        *,
        callers: Callers,
        sessions: Sessions,
        clock: Clock,
        record: Record,
        deliverer: Deliverer,
        machines: Machines,
    ) -> None:
        self._callers, self._sessions, self._clock, self._record = callers, sessions, clock, record
        self._deliverer, self.machines = deliverer, machines
        machines.credentials = self._credentials_of
        self._dispatcher = Dispatcher()
        self._billing = Billing(clock)
        self._decisions: OrderedDict[str, dict[str, Any]] = OrderedDict()
        # moto is not safe for threads everywhere, and what was authorised must still hold when it is done.
        self._lock = threading.RLock()

    def answer(self, arrival: Arrival) -> Reply:
        """The reply to any request at all."""
        request_id = str(uuid.uuid4())
        claim: Claim | None = None
        try:
            claim = identify(arrival)
            if claim is None:
                says = "Request is missing Authentication Token"
                raise Refusal("MissingAuthenticationToken", says, status=403)
            reply = self._signed(arrival, claim, request_id)
        except Refusal as refusal:
            dialect = wire.dialect_of(arrival, None if claim is None else claim.scope.service)
            self._note(
                request_id, {"allowed": False, "message": refusal.says, "unmapped": None, "checks": []}
            )
            reply = answers.refuse(refusal, dialect, request_id)
        except Exception as error:  # noqa: BLE001 - whatever was sent: an answer in AWS's shape, and the box lives
            dialect = wire.dialect_of(arrival, None if claim is None else claim.scope.service)
            says = f"The AWS in the box failed ({type(error).__name__})."
            reply = answers.refuse(Refusal("InternalFailure", says, status=500), dialect, request_id)
        return self._stamped(reply, request_id)

    def decision(self, request_id: str) -> Mapping[str, Any] | None:
        """What was decided about a request, statement by statement; None when nobody knows (any more)."""
        with self._lock:
            return self._decisions.get(request_id)

    def deliver(self, *, all_: bool) -> dict[str, int]:
        """Write the trails' log files: of all that waits, or of what has waited its time."""
        with self._lock:
            if self._billing.due():
                self._billing.write()
            files = self._deliverer.deliver() if all_ else self._deliverer.due()
            return {"files": files, "pending": self._deliverer.pending}

    def settle(self) -> None:
        """Meter what has not been looked at yet, before time moves on."""
        with self._lock:
            self._billing.meter.settle()

    def write_bill(self) -> tuple[str, ...]:
        """Write the bill's exports up to now; gives the keys of the files that were delivered."""
        with self._lock:
            return self._billing.write()

    def set_delivery(self, seconds: float) -> None:
        """Let events wait this long. Raises ValueError or OverflowError for no length of time."""
        with self._lock:
            self._deliverer.set_delay(seconds)

    def _signed(self, arrival: Arrival, claim: Claim, request_id: str) -> Reply:
        with self._lock:
            secret = self._callers.secret_of(claim)
        body = verify(arrival, claim, secret)
        with self._lock:
            caller = self._callers.caller_of(claim)
        if claim.scope.region not in regions():
            says = f"Credential should be scoped to a valid region, not '{claim.scope.region}'."
            raise Refusal("SignatureDoesNotMatch", says, status=403)
        asked = wire.read(arrival, claim.scope.service, body)
        call = _completed(Verified(claim=claim, caller=caller, asked=asked, body=body))
        with self._lock:
            # Asked again under the lock: a key that was switched off meanwhile must not slip through.
            self._callers.caller_of(claim)
            try:
                return self._decided(arrival, call, request_id)
            except Refusal as refusal:
                return self._refused(arrival, call, refusal, request_id)

    def _decided(self, arrival: Arrival, call: Verified, request_id: str) -> Reply:
        hold_to_model(call.asked)
        _forbid_by_session(call)
        around = self._surroundings(arrival, call)
        judgement = authorise(call.caller, call.asked, around)
        self._note(request_id, told(judgement))
        if judgement.refusal is not None:
            raise judgement.refusal
        if call.asked.dialect is wire.Dialect.EC2 and call.asked.parameters.get("DryRun") is True:
            raise Refusal(
                "DryRunOperation",
                "Request would have succeeded, but DryRun flag is set.",
                status=412,
                literal=True,
            )
        reply = self._carried_out(arrival, call, around.region, request_id)
        outcome = _outcome(call, reply)
        self._keep(arrival, call, outcome, request_id)
        if outcome.error is None:
            self._billing.meter.heed(call.caller.account, around.region, call.asked, at=around.now)
        return reply

    def _refused(self, arrival: Arrival, call: Verified, refusal: Refusal, request_id: str) -> Reply:
        reply = answers.refuse(refusal, call.asked.dialect, request_id)
        if request_id not in self._decisions:
            self._note(request_id, told(Judgement(refusal=refusal)))
        self._keep(arrival, call, Outcome(error=reply.error), request_id)
        return reply

    def _surroundings(self, arrival: Arrival, call: Verified) -> Surroundings:
        return Surroundings(
            region=self._region(call),
            now=self._clock.now(),
            source_ip=arrival.source_ip,
            user_agent=arrival.header("user-agent"),
            mfa_shown=call.asked.service == "sts"
            and second_factor(call.caller, call.asked.parameters, self._clock.now()),
        )

    def _region(self, call: Verified) -> str:
        return home_region(call.asked.service) or call.claim.scope.region

    def _carried_out(self, arrival: Arrival, call: Verified, region: str, request_id: str) -> Reply:
        key = (call.asked.service, call.asked.operation)
        own = native.Call(
            asked=call.asked,
            caller=call.caller,
            region=region,
            clock=self._clock,
            sessions=self._sessions,
            record=self._record,
            deliverer=self._deliverer,
            machines=self.machines,
            billing=self._billing,
        )
        _load_managed(call)
        if key in native.BEFORE:
            native.BEFORE[key](own)
        if key in native.ANSWERED:
            return wire.write(call.asked, native.ANSWERED[key](own), request_id)
        reply = self._dispatcher.send(
            arrival,
            call.asked,
            account=call.caller.account,
            region=region,
            signing_name=call.claim.scope.service,
            body=call.body,
            request_id=request_id,
        )
        if key in native.AFTER and reply.status < 300:
            mended = native.AFTER[key](own, wire.understood(call.asked, reply))
            if mended is not None:
                return wire.write(call.asked, mended, request_id)
        return reply

    def _credentials_of(self, host: Host) -> dict[str, str]:
        """A session of an instance's role, as its metadata service would hand it out."""
        with self._lock:
            held = None if host.role is None else iam.role(host.account, host.role.rpartition("/")[2])
            if held is None:
                return {}
            return instance_session(held, host.account, host.instance, self._sessions, self._clock)

    def _keep(self, arrival: Arrival, call: Verified, outcome: Outcome, request_id: str) -> None:
        now = self._clock.now()
        region = self._region(call)
        key = call.claim.scope.access_key_id
        if call.caller.session is None:
            iam.mark_used(call.caller.account, key, at=now, service=call.claim.scope.service, region=region)
        kept = kept_of(
            asked=call.asked,
            caller=call.caller,
            outcome=outcome,
            region=region,
            at=now,
            request_id=request_id,
            source_ip=arrival.source_ip,
            user_agent=arrival.header("user-agent"),
        )
        other = _other_account(call)
        seen = [kept]
        if other is not None and outcome.error is None:
            seen.append(seen_from(other, kept, call.caller))
        for each in seen:
            self._record.add(each)
            self._deliverer.take(each)

    def _note(self, request_id: str, decision: dict[str, Any]) -> None:
        with self._lock:
            self._decisions[request_id] = decision
            while len(self._decisions) > _DECISIONS_KEPT:
                self._decisions.popitem(last=False)

    def _stamped(self, reply: Reply, request_id: str) -> Reply:
        stamps = (
            ("x-amzn-RequestId", request_id),
            ("x-amz-request-id", request_id),
            ("Date", format_datetime(self._clock.now(), usegmt=True)),
            ("Server", "guestpass-local"),
        )
        return replace(reply, headers=(*reply.headers, *stamps))


def _completed(call: Verified) -> Verified:
    """The call with what IAM infers from the signing key put in."""
    asked = call.asked
    if asked.service != "iam" or asked.operation not in _SELF_BY_DEFAULT or asked.parameters.get("UserName"):
        return call
    if call.caller.username is None:
        if asked.operation == "GetUser" and call.caller.kind == "Root":
            return call
        raise Refusal(
            "ValidationError", "Must specify userName when calling with non-User credentials", literal=True
        )
    name = call.caller.username
    return replace(
        call,
        asked=replace(asked, parameters={**asked.parameters, "UserName": name}),
        body=call.body + b"&" + urlencode({"UserName": name}).encode(),
    )


def _forbid_by_session(call: Verified) -> None:
    """What certain sessions may not do whatever their policies say."""
    session, asked = call.caller.session, call.asked
    if session is None or session.kind not in {"user", "root", "federated"}:
        return
    # AWS: STS API: GetSessionToken: no IAM API unless MFA information is included; of STS only AssumeRole and
    # GetCallerIdentity. GetFederationToken: no IAM API; of STS only GetCallerIdentity.
    if asked.service == "iam" and (session.kind == "federated" or session.mfa_at is None):
        raise invalid_token()
    allowed = {"GetCallerIdentity"} if session.kind == "federated" else {"GetCallerIdentity", "AssumeRole"}
    if asked.service == "sts" and asked.operation not in allowed:
        raise Refusal("AccessDenied", f"Cannot call {asked.operation} with session credentials", status=403)


def _load_managed(call: Verified) -> None:
    """Let moto know the AWS managed policies that a call to IAM names."""
    if call.asked.service != "iam":
        return
    parameters = call.asked.parameters
    if call.asked.operation == "ListPolicies" and parameters.get("Scope", "All") != "Local":
        iam.load_managed(call.caller.account, None)
        return
    named = (parameters.get("PolicyArn"), parameters.get("PermissionsBoundary"))
    iam.load_managed(call.caller.account, [str(arn) for arn in named if arn])


def _other_account(call: Verified) -> str | None:
    """The account whose role is assumed from outside: its trail tells of it too."""
    arn = str(call.asked.parameters.get("RoleArn", ""))
    if call.asked.service != "sts" or arn.count(":") < 5:
        return None
    account = arn.split(":")[4]
    return account if account != call.caller.account else None


def _outcome(call: Verified, reply: Reply) -> Outcome:
    if reply.error is not None:
        return Outcome(error=reply.error)
    try:
        content = wire.understood(call.asked, reply)
    except Exception:  # noqa: BLE001 - an answer nobody can read is still an answer; the record says nothing of it
        content = {}
    error = content.get("Error") if reply.status >= 300 else None
    if isinstance(error, Mapping):
        return Outcome(error=(str(error.get("Code", "")), str(error.get("Message", ""))))
    return Outcome(content=content)
