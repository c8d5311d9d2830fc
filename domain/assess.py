"""What each right makes of one record: its outcome and the ground of it. The law's order of questions, in code.

Whatever the right: what is held for a tenant is the tenant's to decide (s.40 ¶1(1)), and what may be another
person's waits for an officer. Then

access (s.30)         a copy of everything
portability (s.31 ¶2) a copy of what rests on consent or on a contract; of the rest there is access
objection (s.32)      stop: direct marketing always; what rests on s.24(4) or (5), unless an officer refuses
erasure (s.33)        1. does a hold, an order or a restriction keep it today? (¶2; s.34; a hold only where no
                      contract still needs it) 2. can the system do it without harming others? 3. is it needed for a
                      contract that still runs? 4. does it keep the person from marketing, and so must outlive the
                      rest? 5. was a consent given anew since? then the person is asked. 6. do others rely on the
                      same row? 7. otherwise it goes, in the way that the data map
                      declares
restriction (s.34)    use is suspended
rectification (s.36)  corrected; an issued document is corrected forward
withdrawal (s.19)     the consent ends; one given after the request came is another, and stands
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.holds import Hold
from domain.item import Basis, Consent, Found, Role
from domain.outcomes import Outcome
from domain.rights import Right
from domain.value import Personal
from domain.wishes import Because, Use, Wish

INSTRUCTED = "S40-1"
"""The ground on which a tenant's records are erased: its instruction to its processor."""

Fate = tuple[Outcome, str]
"""An outcome and the code of its ground."""


class Asked(Personal):
    """What a case asks: the right, the wish, and what the policy knows of its units.

    `compelled`: of these units an objection is refused on a compelling ground that the policy records (s.32 ¶1(1)(ก)).
    `instructed`: a tenant's own instruction, which is about its records and no others (s.40 ¶1(1)).
    `consent_only`: an erasure of what rested on consent, after the consent was withdrawn (s.37(3)); `consents_anew`: a
    consent stands all the same, so it was given since. `since` is when the request came. `by_device`: a visitor without an
    account asks, of whom all that is known was measured by a cookie, and so on consent, whatever its table rests on.
    """

    right: Right
    wish: Wish = Wish()
    marketing_units: frozenset[str] = frozenset()
    research_units: frozenset[str] = frozenset()
    compelled: frozenset[str] = frozenset()
    consent_only: bool = False
    consents_anew: bool = False
    instructed: bool = False
    since: datetime | None = None
    by_device: bool = False

    def given_anew(self, consent: Consent) -> bool:
        """Whether a consent was given after the request came: then the request does not speak of it (s.19)."""
        after = consent.given is not None and self.since is not None and consent.given > self.since
        return consent.stands and after


GIVEN_ANEW = "consent-given-anew"
"""Ground of what an officer asks the person about: they consented after they had asked for the opposite."""


def assess(asked: Asked, found: Found, binding: Sequence[Hold], *, kept_on: str = "") -> Fate | None:
    """What becomes of a record; None where the right does not speak of it at all.

    `binding` are the holds that bind it today, the latest release first; `kept_on`, the ground on which an order
    or a restriction keeps it beyond them (`domain.keeping`).
    """
    outside = asked.wish.units and found.unit not in asked.wish.units
    if asked.instructed:
        fate = _instructed(found, binding, kept_on)
        return (Outcome.NOT_ASKED, "") if fate and outside else fate
    if found.role is Role.PROCESSOR:
        # Whatever is asked, the tenant decides all of it: the request is passed on, not picked from.
        return (Outcome.NOT_ASKED, "") if outside else (Outcome.NOT_CONTROLLER, "P-NOTCTRL")
    fate = _RULES[asked.right](asked, found, binding, kept_on)
    return (Outcome.NOT_ASKED, "") if fate and outside else fate


def _instructed(found: Found, binding: Sequence[Hold], kept_on: str) -> Fate | None:
    """The tenant's records go on its word, for which it answers: no ground of s.33 is asked for, only what binds us too."""
    if found.role is not Role.PROCESSOR:
        return None
    if binding or kept_on:
        return Outcome.HOLD, binding[0].ground if binding else kept_on
    if found.obstacle or found.unsure:
        return Outcome.BLOCKED, found.obstacle
    if found.kept_on:
        return Outcome.NO_GROUND, found.kept_on
    return (Outcome.DETACH if found.shared else found.on_erase), INSTRUCTED


def _access(_asked: Asked, found: Found, _binding: Sequence[Hold], _kept_on: str) -> Fate:
    return _unless_unsure(found, (Outcome.COPY, "S30-1"))


def _portability(_asked: Asked, found: Found, _binding: Sequence[Hold], _kept_on: str) -> Fate:
    if found.basis in {Basis.CONSENT, Basis.CONTRACT}:
        return _unless_unsure(found, (Outcome.COPY, "S31-1"))
    return Outcome.NO_GROUND, "R31-SCOPE"


def _objection(
    asked: Asked,
    found: Found,
    binding: Sequence[Hold],
    _kept_on: str,
) -> Fate | None:
    against, consent = asked.wish.against, found.consent
    if consent is not None:
        stands = consent.stands and consent.marketing and Use.MARKETING in against
        if stands and asked.given_anew(consent):
            return Outcome.NOT_ASKED, GIVEN_ANEW
        return _unless_unsure(found, (Outcome.STOP, "S32-2")) if stands else None
    if found.unit in asked.marketing_units and Use.MARKETING in against:
        return _unless_unsure(found, (Outcome.STOP, "S32-2"))
    if found.unit in asked.research_units and Use.RESEARCH in against:
        return _unless_unsure(found, (Outcome.STOP, "S32-3"))
    on_interest = found.basis in {Basis.LEGITIMATE_INTEREST, Basis.PUBLIC_TASK}
    # Marketing is objected to by its name, and then nobody balances anything.
    if Use.INTEREST in against and on_interest and found.unit not in asked.marketing_units:
        return _to_interest(asked, found, binding)
    return None


def _to_interest(asked: Asked, found: Found, binding: Sequence[Hold]) -> Fate:
    """What a law demands to be kept stays, for that law alone; what a compelling ground of the policy keeps goes on."""
    if binding:
        return _unless_unsure(found, (Outcome.HOLD, binding[0].ground))
    if found.unit in asked.compelled:
        return _unless_unsure(found, (Outcome.NO_GROUND, "R32-COMPEL"))
    return _unless_unsure(found, (Outcome.STOP, "S32-1"))


def _erasure(asked: Asked, found: Found, binding: Sequence[Hold], kept_on: str) -> Fate:
    rested = found.basis is Basis.CONSENT or asked.by_device
    if asked.consent_only and (not rested or (found.consent and found.consent.stands)):
        return Outcome.NOT_ASKED, ""
    # Without a ground of ¶1 no exemption of ¶2 is reached: what a running contract needs is not "held until" a day.
    needed = found.basis is Basis.CONTRACT or found.unit in asked.compelled
    runs = needed and found.contract_open
    unable = found.obstacle or found.unsure
    holds = binding if unable or not runs else ()
    if holds or kept_on:
        return Outcome.HOLD, holds[0].ground if holds else kept_on
    if unable:
        return Outcome.BLOCKED, found.obstacle
    if runs or found.kept_on:
        return Outcome.NO_GROUND, found.kept_on or "NG-33-1"
    if asked.consents_anew or (found.consent and asked.given_anew(found.consent)):
        return Outcome.REVIEW, GIVEN_ANEW
    return Outcome.DETACH if found.shared else found.on_erase, _erasure_ground(found)


def _erasure_ground(found: Found) -> str:
    """The ground of s.33 ¶1 on which the record goes."""
    if found.basis is Basis.CONSENT:
        return "S33-2"  # asking for erasure withdraws the consent that it rested on
    if found.basis is Basis.LEGITIMATE_INTEREST and found.contract_open:
        return "S33-3"  # while the service runs, asking for erasure objects to the use
    return "S33-1"


_S34 = {
    Because.ACCURACY: "S34-1",
    Because.UNLAWFUL: "S34-2",
    Because.CLAIMS: "S34-3",
    Because.OBJECTION: "S34-4",
}


def _restriction(asked: Asked, found: Found, _binding: Sequence[Hold], _kept_on: str) -> Fate:
    because = asked.wish.because or Because.ACCURACY
    return _unless_unsure(found, (Outcome.RESTRICT, _S34[because]))


def _rectification(
    asked: Asked,
    found: Found,
    _binding: Sequence[Hold],
    _kept_on: str,
) -> Fate | None:
    if not asked.wish.corrections.keys() & set(found.fields):
        return None
    if found.issued:
        return _unless_unsure(found, (Outcome.CORRECT_FORWARD, "R36-RECORD"))
    if found.shared:
        return Outcome.REVIEW, "row-of-several"  # the other person did not ask for it
    return _unless_unsure(found, (Outcome.CORRECT, "S36-1"))


def _withdrawal(
    asked: Asked,
    found: Found,
    _binding: Sequence[Hold],
    _kept_on: str,
) -> Fate | None:
    consent, purposes = found.consent, asked.wish.purposes
    if consent is None or not consent.stands or (purposes and consent.purpose not in purposes):
        return None
    if asked.given_anew(consent):
        return Outcome.NOT_ASKED, GIVEN_ANEW
    return _unless_unsure(found, (Outcome.STOP, "S19-5"))


def _unless_unsure(found: Found, fate: Fate) -> Fate:
    return (Outcome.REVIEW, found.obstacle) if found.unsure else fate


_Rule = Callable[[Asked, Found, Sequence[Hold], str], Fate | None]

_RULES: dict[Right, _Rule] = {
    Right.ACCESS: _access,
    Right.PORTABILITY: _portability,
    Right.OBJECTION: _objection,
    Right.ERASURE: _erasure,
    Right.RESTRICTION: _restriction,
    Right.RECTIFICATION: _rectification,
    Right.WITHDRAWAL: _withdrawal,
}
