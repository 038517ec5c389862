"""From declared resources to needs, by the actions that CloudFormation's handlers of their types call.

In come resources with what is known of their properties; out come their needs, each on resources as narrow as the
properties tell, what of them is not known, and what was left out. What a handler may call for and no property asks for is
not granted (`asked_for`). Needs of a delete are one statement of their own, which suffices to take the thing down.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from guestpass import catalog
from guestpass.access.prove import resource_within
from guestpass.needs.arns import Arns
from guestpass.needs.asked_for import Asked
from guestpass.needs.declared import VERBS, Declared, Found, Missing, Scene, Verb
from guestpass.needs.evidence import Evidence, Placed, is_of, listed, stance
from guestpass.needs.handed_on import policy_tests, roles_handed_on, roles_linked
from guestpass.needs.need import Kind, Need, Stance, Test
from guestpass.needs.tree import printable

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_DOING = {"create": "made", "update": "changed", "delete": "deleted", "read": "read", "list": "listed"}
_ENDS = re.compile(r":(Delete|Terminate|Release|Deregister|Remove|Schedule|Disassociate|DELETE)")
_ANYWHERE = ("*",)


def needs_of_declared(declared: Sequence[Declared], *, scene: Scene) -> Found:
    """Say what making, reading, changing and deleting these resources needs, as far as each is asked for.

    The order is that of the resources, and within each the same every time; what an earlier need says already is left out.
    """
    arns = Arns(declared, scene)
    needs: list[Need] = []
    missing: list[Missing] = []
    notes: dict[tuple[str, str], dict[str, None]] = {}
    for each in declared:
        if not each.type:
            needs += _looked_up(each)
            continue
        known = catalog.cloudformation_type(each.type)
        if isinstance(known, catalog.Unmapped) or not any(known.handlers.values()):
            missing.append(_no_handlers(each, known))
            continue
        resource = _Resource(each=each, known=known, arns=arns)
        resource.gather()
        needs += sorted(resource.needs, key=_rank)
        missing += resource.missing
        for says, action in resource.notes:
            notes.setdefault((each.address, says), {})[action] = None
    return Found(
        needs=_once(needs),
        missing=tuple(dict.fromkeys(missing)),
        notes=tuple(_note(address, says, actions) for (address, says), actions in notes.items()),
    )


def _no_handlers(each: Declared, known: catalog.CloudFormationType | catalog.Unmapped) -> Missing:
    shown = f"`{printable(each.address)}` is of type `{printable(each.type)}`"
    if isinstance(known, catalog.Unmapped):
        near = [name for name in catalog.nearest_types(each.type) if "::" in name]
        return Missing(
            says=f"{shown}, which the catalogue does not know",
            place=each.place,
            hint=f"did you mean `{near[0]}`?" if near else None,
        )
    return Missing(
        says=f"{shown}, of which AWS does not say what its handlers need",
        place=each.place,
        hint="agree to what it needs in the pass: `job.also`",
    )


def _note(address: str, says: str, actions: Iterable[str]) -> str:
    listed_ = sorted(action for action in actions if action)
    return f"`{address}`: {', '.join(f'`{action}`' for action in listed_)}: {says}" if listed_ else says


_PURPOSES = ("Deploy", "Tag", "Ask", "Use", "Hand", "Make", "Tear")


def _rank(need: Need) -> tuple[int, str, str, tuple[str, ...]]:
    """The order of one resource's needs: what makes it first, what takes it down last."""
    first = next((at for at, word in enumerate(_PURPOSES) if need.purpose.startswith(word)), len(_PURPOSES))
    return first, need.action, need.type or "", need.resources


@dataclass(kw_only=True, slots=True)
class _Resource:
    """One declared resource, and what is found of its needs."""

    each: Declared
    known: catalog.CloudFormationType
    arns: Arns
    needs: list[Need] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def gather(self) -> None:
        """Find the needs of every verb that is asked for."""
        evidence = Evidence(self.each, self.arns)
        asked = Asked(self.each, self.arns, evidence)
        evidence.tagged = asked.tagged
        for action, verbs in self._verbs().items():
            roles = action in ("iam:PassRole", "iam:CreateServiceLinkedRole") and not asked.ruled_out(action)
            why = None if roles else _owner_only(action) or asked.left_out(action)
            if why is not None:
                self.notes.append((f"left out: {why}", action))
            elif roles:
                self._roles(action, verbs)
            else:
                self.needs += self._needs(action, verbs, asked, evidence)
        for action in self.each.also:
            if all(need.action != action for need in self.needs):
                self.needs += self._needs(action, (_verb_of(action),), asked, evidence)

    def _verbs(self) -> dict[str, tuple[Verb, ...]]:
        """The verbs that call for each action, in order."""
        found: dict[str, tuple[Verb, ...]] = {}
        for verb in VERBS:
            if verb in self.each.verbs:
                for action in self.known.handlers.get(verb, ()):
                    found[action] = (*found.get(action, ()), verb)
        return found

    @property
    def source(self) -> str:
        """Where it is declared, as `file:line`."""
        place = self.each.place
        return place.file if place.line is None else f"{place.file}:{place.line}"

    def _roles(self, action: str, verbs: Sequence[Verb]) -> None:
        if action == "iam:PassRole":
            told = roles_handed_on(self.each, self.arns, source=self.source, verb=_DOING[verbs[0]])
        else:
            told = roles_linked(self.each, self.arns, source=self.source)
        for item in told:
            if isinstance(item, Need):
                self.needs.append(item)
            elif isinstance(item, Missing):
                self.missing.append(item)
            else:
                self.notes.append((item, ""))

    def _needs(
        self, action: str, verbs: tuple[Verb, ...], asked: Asked, evidence: Evidence
    ) -> Iterator[Need]:
        own = action.partition(":")[0] in asked.own
        if action.startswith("kms:") and not own:
            yield from self._of_keys(action, verbs, asked)
            return
        listing = own and "list" in verbs and listed(action).reads
        # a thing is found by its own ARN, things are listed by that of all: only that verb needs the wide one
        everything = evidence.of_all(action) if listing else {}
        others = tuple(verb for verb in verbs if verb != "list") if everything else verbs
        if everything:
            for type_, resources in everything.items():
                yield self._need(action, type_, resources, ("list",), own=own)
        if others:
            placed = {} if asked.finds_anywhere(action) else dict(evidence.placed(action))
            if "delete" in others and listed(action).level == "Tagging":
                placed |= self._last_made(action, evidence)
            self._note_types(action, placed, own=own)
            if not placed:
                yield self._need(action, None, _ANYWHERE, others, own=own)
            tests = policy_tests(self.each, self.arns, action) if own else ()
            for type_, resources in placed.items():
                yield self._need(action, type_, resources, others, own=own, conditions=tests)

    def _of_keys(self, action: str, verbs: tuple[Verb, ...], asked: Asked) -> Iterator[Need]:
        if not listed(action).types:
            yield self._need(action, None, _ANYWHERE, verbs, own=False)
            return
        for keys, tests in asked.keys:
            for type_ in listed(action).types:
                conditions = (*asked.through_service(action), *tests)
                if type_ == "kms:key":
                    yield self._need(action, type_, keys, verbs, own=False, conditions=conditions)

    def _last_made(self, tagging: str, evidence: Evidence) -> Placed:
        """What a delete makes and tags: the last snapshot."""
        made = {
            type_: arns
            for action in self.known.handlers.get("delete", ())
            for type_, arns in evidence.placed(action).items()
            if stance(action, type_) == "creates"
        }
        own = self.arns.own_types(self.each)
        return {
            type_: arns for type_, arns in made.items() if type_ in listed(tagging).types and type_ not in own
        }

    def _note_types(self, action: str, placed: Placed, *, own: bool) -> None:
        """Say on what a change is granted wholly, and on what not at all, because nothing is named."""
        if not own or listed(action).reads or listed(action).level == "Tagging" or not listed(action).types:
            return
        if not placed:
            self.notes.append(("on `*`: nothing tells which resources it is done to", action))
            return
        families = {type_.partition("/")[0] for type_ in placed}
        left = [type_ for type_ in listed(action).types if type_.partition("/")[0] not in families]
        if left:
            shown = ", ".join(f"`{type_}`" for type_ in left)
            self.notes.append((f"on nothing of {shown}: no property names one", action))

    def _need(
        self,
        action: str,
        type_: str | None,
        resources: tuple[str, ...],
        verbs: tuple[Verb, ...],
        *,
        own: bool,
        conditions: tuple[Test, ...] = (),
    ) -> Need:
        return Need(
            action=action,
            type=type_,
            stance=self._stance(action, type_, own=own),
            resources=resources,
            kind=_kind(action, verbs, own=own),
            purpose=self._purpose(action, verbs, own=own),
            why=self._why(action, type_, verbs, own=own),
            source=self.source,
            conditions=conditions,
        )

    def _stance(self, action: str, type_: str | None, *, own: bool) -> Stance:
        """What the action does, as far as what it is called for tells more than its name."""
        found = stance(action, type_)
        if action.startswith("kms:") and not own and found == "creates":
            return "uses"  # a grant on a key makes no key
        changed = found == "uses" and type_ in self.arns.own_types(self.each) and not listed(action).reads
        return "changes" if own and changed else found

    def _purpose(self, action: str, verbs: tuple[Verb, ...], *, own: bool) -> str:
        if "delete" in verbs:
            return f"TearDown{_word(self.known.name)}"
        if own:
            return f"{'Tag' if listed(action).level == 'Tagging' else 'Deploy'}{_word(self.known.name)}"
        service = re.sub(r"[^A-Za-z0-9]", "", action.partition(":")[0]).capitalize()
        return f"{'Ask' if listed(action).reads else 'Use'}{service}"

    def _why(self, action: str, type_: str | None, verbs: tuple[Verb, ...], *, own: bool) -> str:
        what = f"the {_phrase(self.known.name)} `{self.each.address}`"
        doing = " and ".join(dict.fromkeys(_DOING[verb] for verb in verbs if verb not in ("read", "list")))
        if not own:
            return f"{'asked' if listed(action).reads else 'done'} while {what} is {doing or 'read'}"
        if listed(action).level == "Tagging":
            return f"sets and takes the tags of {what}"
        if listed(action).reads:
            if verbs == ("list",):
                return f"lists what is of the kind of {what}"
            gone = ", and waits until it is gone" if "delete" in verbs else ""
            return f"reads {what} back{gone}"
        if verbs == ("delete",):
            return f"deletes {what}" if _ENDS.search(action) else f"is called before {what} is deleted"
        if verbs == ("create",) and stance(action, type_) == "creates":
            return f"creates {what}"
        word = (
            "sets up"
            if verbs == ("create",)
            else "changes"
            if verbs == ("update",)
            else "sets up and changes"
        )
        return f"{word} {what}{', and is called to delete it' if 'delete' in verbs else ''}"


def _looked_up(each: Declared) -> Iterator[Need]:
    """What a source only looks up: on the thing that it found, where it says its ARN."""
    for action in each.also:
        on = each.arn and [type_ for type_ in listed(action).types if is_of(each.arn, type_)]
        yield Need(
            action=action,
            type=on[0] if on else None,
            stance="uses" if on else "asks",
            resources=(each.arn,) if on and each.arn else _ANYWHERE,
            kind="dependent",
            purpose=f"Ask{action.partition(':')[0].replace('-', '').capitalize()}",
            why=f"`{each.address}` is looked up",
            source=each.place.file if each.place.line is None else f"{each.place.file}:{each.place.line}",
        )


def _verb_of(action: str) -> Verb:
    """What a call beside the handlers is made for, as far as its name tells."""
    return "read" if listed(action).reads else "delete" if _ENDS.search(action) else "update"


def _owner_only(action: str) -> str | None:
    # AWS: IAM User Guide, "Service-linked roles": they are shared by all that the service does in the account
    return (
        "service-linked roles are the owner's"
        if action.startswith("iam:") and "ServiceLinkedRole" in action
        else None
    )


def _kind(action: str, verbs: tuple[Verb, ...], *, own: bool) -> Kind:
    if "delete" in verbs:
        return "teardown"
    return "declared" if own and listed(action).level != "Tagging" else "dependent"


def _word(name: str) -> str:
    """What a type is called in a Sid: as CloudFormation calls it, without its service."""
    return re.sub(r"[^A-Za-z0-9]", "", name.rpartition("::")[2])


def _phrase(name: str) -> str:
    """A type in words: `AWS::RDS::DBInstance` is a `DB instance`."""
    words = _WORDS.findall(name.rpartition("::")[2])
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)


def _once(needs: Sequence[Need]) -> tuple[Need, ...]:
    """The needs without what others say: of the same action and conditions, the wider resource stays, and the first.

    What a delete needs stays whatever else says it, so that its statements suffice when the others are taken away;
    what those say is not said again.
    """
    kept: dict[int, list[str]] = {}
    said: dict[tuple[str, tuple[Test, ...]], list[str]] = {}
    for taking_down in (True, False):
        here: dict[tuple[str, tuple[Test, ...]], list[tuple[int, str]]] = {}
        for at, need in enumerate(needs):
            if (need.kind == "teardown") is taking_down:
                rows = here.setdefault((need.action, need.conditions), [])
                rows += [(at, arn) for arn in need.resources]
        for key, rows in here.items():
            wide = [arn for arn in dict.fromkeys(arn for _, arn in rows) if "*" in arn]
            before = said.setdefault(key, [])
            for at, arn in rows:
                if not any(arn == other or _within(arn, other) for other in before) and not any(
                    arn != other and _within(arn, other) for other in wide
                ):
                    kept.setdefault(at, []).append(arn)
                    before.append(arn)
    return tuple(_with(needs[at], tuple(dict.fromkeys(kept[at]))) for at in range(len(needs)) if at in kept)


def _with(need: Need, resources: tuple[str, ...]) -> Need:
    return need if resources == need.resources else dataclasses.replace(need, resources=resources)


def _within(narrow: str, wide: str) -> bool:
    # most pairs differ in their first letters, which costs nothing to see
    return "*" in wide and narrow.startswith(wide.partition("*")[0]) and resource_within(narrow, wide)
