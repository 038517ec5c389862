"""More than a pass lends: refused calls in, the smallest addition out, with what else it allows and which doors it opens.

Enters: what a client printed, what AWS's decoder answered, or the trail's events of the guest's. Leaves: an `Answer` for
each refusal and, where something is to be added, the entries for `job.also`. It proposes and changes nothing; the pass is
the owner's, and `plan` shows it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guestpass.access import Allowed
from guestpass.access.policy import size_of
from guestpass.errors import InputError
from guestpass.loan.agreement import Also, Pass
from guestpass.loan.more.addition import joined
from guestpass.loan.more.answering import Answer, Kind, Told, answered, exit_code, with_also
from guestpass.loan.more.deciding import Circumstances, decision_on
from guestpass.loan.more.effects import Effects, Reached, effects_of
from guestpass.loan.more.recorded import of_deeds, of_text
from guestpass.loan.more.refusal import Refusal, Unsaid
from guestpass.loan.wall import spelt_out

__all__ = [
    "Answer",
    "Circumstances",
    "Effects",
    "Kind",
    "More",
    "Reached",
    "Refusal",
    "Told",
    "Unsaid",
    "exit_code",
    "more",
    "of_deeds",
    "of_text",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class More:
    """All answers, and what is to be added to the pass for them together; `effects` is None where nothing is.

    `unfit` says that the wall with all of it is larger than a policy may be, and what each entry by itself costs: the
    owner decides which to agree to.
    """

    pass_: Pass
    answers: tuple[Answer, ...]
    also: tuple[Also, ...]
    after: Pass
    effects: Effects | None
    unfit: str | None = None


def more(
    pass_: Pass, refusals: Iterable[Refusal | Unsaid], around: Circumstances, told: Told | None = None
) -> More:
    """Answer each refusal and propose the smallest addition for all of them together."""
    answers = tuple(
        answered(refusal, pass_, around, told or Told()) for refusal in _those_meant(refusals, pass_, around)
    )
    also = joined(each for answer in answers for each in answer.also)
    after = with_also(pass_, also)
    try:
        effects = effects_of(also, pass_, after, around.snapshot) if also else None
    except InputError as error:
        unfit = f"{error.says}; by itself {_costs(pass_, also)}"
        return More(pass_=pass_, answers=answers, also=also, after=after, effects=None, unfit=unfit)
    return More(pass_=pass_, answers=answers, also=also, after=after, effects=effects)


def _costs(pass_: Pass, also: tuple[Also, ...]) -> str:
    """What each entry costs in characters of the wall."""
    was = size_of(spelt_out(pass_))
    costs = (size_of(spelt_out(with_also(pass_, (each,)))) - was for each in also)
    return ", ".join(f"`{each.actions[0]}` costs {cost:,}" for each, cost in zip(also, costs, strict=True))


def _those_meant(
    refusals: Iterable[Refusal | Unsaid], pass_: Pass, around: Circumstances
) -> list[Refusal | Unsaid]:
    """Of a call that AWS refused without a word: those of the things it asked for that the pass refuses, else its own."""
    out: list[Refusal | Unsaid] = []
    unsure: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        if isinstance(refusal, Refusal) and not refusal.sure:
            if refusal.source not in unsure:
                unsure[refusal.source] = []
            unsure[refusal.source].append(refusal)
        else:
            out.append(refusal)
    for asked in unsure.values():
        refused = [each for each in asked if not isinstance(decision_on(each, pass_, around), Allowed)]
        out += refused or asked[:1]
    return out
