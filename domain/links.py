"""How cases belong together, and what is amended on the way."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import JsonValue

from domain.case import Moved
from domain.identifiers import Identifier
from domain.outcomes import Ending
from domain.rights import Right
from domain.seconding import DeathShown
from domain.value import Personal, Value


class Relation(StrEnum):
    """What a case is to the case that it names."""

    AFTER = "after"  # waits for it: access before erasure
    FOLLOWS = "follows"  # the erasure of what rested on the consent that it withdrew (s.37(3))
    REPLACES = "replaces"  # the person asked for another right instead
    REOPENS = "reopens"  # the same request, taken up again after it was closed
    REVIEWS = "reviews"  # an internal review of how it was decided, by other people
    MERGED = "merged"  # one and the same request, which goes on there


class Link(Value):
    """One end of a link: this case stands in that relation to the other, or, if `backwards`, the other to this."""

    relation: Relation
    case: str
    reference: str
    right: Right
    ending: Ending | None = None
    backwards: bool = False


class Amendment(Personal):
    """A change of a request, in the person's or their agent's words; kept sealed.

    `changes` are fields of `domain.wishes`, put over those given before (an empty one takes a field back);
    `address` is a new reply address; `agent` and `authority` name who acts now and what shows that they may.
    `shown` is what was seen of a death.
    Where a later request was merged into this one, `identifiers` are those by which it was surely the same person:
    searched by, never written to. `before` is what those fields were, should the merge be undone.
    """

    moved: Moved
    changes: Mapping[str, JsonValue] = {}
    address: Identifier | None = None
    agent: str = ""
    authority: str = ""
    right: Right | None = None
    shown: DeathShown | None = None
    identifiers: tuple[Identifier, ...] = ()
    before: Mapping[str, JsonValue] = {}
