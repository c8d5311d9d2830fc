"""To whom data were disclosed, as the person is told of it (policy 3.2; s.39 ¶1(6))."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import BadInput
from exports.facts import Facts, entries
from exports.lines import unit_name
from exports.words import Words
from policy.model import Policy


class _Given(BaseModel):
    """What `facts["disclosures"]` holds; other keys are not for the person."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    recipient: str
    power: str
    units: tuple[str, ...] = ()
    given_on: date
    secret_until: date | Literal[""] | None = None


class Told(NamedTuple):
    """A disclosure in words."""

    recipient: str
    power: str
    units: tuple[str, ...]
    given_on: str


def told(facts: Facts, policy: Policy, words: Words, today: date) -> tuple[Told, ...]:
    """The disclosures that the person may hear of today; nothing hints at the others.

    Raises:
        BadInput: an entry is malformed, so that nobody can say whether it is secret.
    """
    try:
        given = [_Given.model_validate(entry) for entry in entries(facts, "disclosures")]
    except ValidationError:
        raise BadInput(
            "disclosure-malformed", "mend its entry in the register", field="disclosures"
        ) from None
    return tuple(
        Told(
            recipient=one.recipient,
            power=words.cite(one.power),
            units=tuple(unit_name(unit, policy, words) for unit in one.units),
            given_on=words.day(one.given_on),
        )
        for one in given
        if not one.secret_until or one.secret_until < today
    )
