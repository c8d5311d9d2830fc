"""Three hundred invented people, the same for the same seed.

Given names, surnames and places are common words of the language, put together by chance. Nothing here
reaches a real person: e-mail addresses stand under names reserved for examples (RFC 2606, RFC 6761), IP
addresses under those reserved for documentation (RFC 5737), and mobile numbers begin with 069, which has
the length of a Thai mobile number while no operator holds the range. No national ids are made at all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

FIXTURES = Path(__file__).parent / "fixtures"
PEOPLE = 300
MAIL_HOSTS = ("example.com", "example.org", "example.net")
_DOCUMENTATION_NETS = ("192.0.2", "198.51.100", "203.0.113")
_TITLES = {"m": ("นาย",), "f": ("นางสาว", "นาง")}


@dataclass(frozen=True, slots=True)
class Place:
    """A subdistrict with what lies around it, in Thai, and its postal code."""

    subdistrict: str
    district: str
    province: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A business, with the label its mail domain begins with."""

    th: str
    en: str
    slug: str

    @property
    def host(self) -> str:
        """Its mail domain, under the reserved top level `.example`."""
        return f"{self.slug}.example"


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person; `handle` is the part of an e-mail before the @, unique among all."""

    title_th: str
    given_th: str
    surname_th: str
    given_en: str
    surname_en: str
    handle: str
    phone: str
    street: str
    place: Place

    @property
    def full_name_th(self) -> str:
        """Without the title, which has a column of its own."""
        return f"{self.given_th} {self.surname_th}"

    @property
    def full_name_en(self) -> str:
        """Romanised."""
        return f"{self.given_en} {self.surname_en}"

    @property
    def address(self) -> str:
        """On one line, as an envelope has it."""
        place = self.place
        return f"{self.street} {place.subdistrict} {place.district} {place.province} {place.postal_code}"


@cache
def rows_of(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one file under `fixtures/`."""
    with (FIXTURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def organisations() -> tuple[Organisation, ...]:
    """The businesses that are tenants beside those of the scenarios."""
    return tuple(Organisation(**row) for row in rows_of("organisations"))


def phrases(kind: str) -> tuple[str, ...]:
    """Sentences of one kind, with places for `{given_th}`, `{given_en}`, `{email}`, `{phone}`, `{other_th}`."""
    return tuple(row["text"] for row in rows_of("phrases") if row["kind"] == kind)


def phone_number(serial: int, form: int) -> str:
    """A number of the unassigned range 069 in one of the three ways people write it."""
    digits = f"69{serial:07d}"
    first, second, third = digits[:2], digits[2:5], digits[5:]
    return (f"0{first}-{second}-{third}", f"0{digits}", f"+66 {first} {second} {third}")[form % 3]


def ip_address(rng: Random) -> str:
    """An address that is routed nowhere."""
    return f"{rng.choice(_DOCUMENTATION_NETS)}.{rng.randint(1, 254)}"


def generate(rng: Random, count: int) -> Iterator[Person]:
    """`count` people with handles and phone numbers of their own; names may repeat, as names do."""
    given, surnames, places = rows_of("given_names"), rows_of("surnames"), rows_of("places")
    taken: set[str] = set()
    serials = rng.sample(range(1_000_000, 9_999_999), count)
    for serial in serials:
        first, last = rng.choice(given), rng.choice(surnames)
        handle = _handle(first["en"], last["en"], taken)
        taken.add(handle)
        yield Person(
            title_th=rng.choice(_TITLES[first["gender"]]),
            given_th=first["th"],
            surname_th=last["th"],
            given_en=first["en"],
            surname_en=last["en"],
            handle=handle,
            phone=phone_number(serial, rng.randrange(3)),
            street=f"{rng.randint(1, 399)}/{rng.randint(1, 99)} หมู่ {rng.randint(1, 12)}",
            place=Place(**rng.choice(places)),
        )


def _handle(given: str, surname: str, taken: set[str]) -> str:
    base = f"{given}.{surname}".lower().replace("-", "")
    return next(
        name for name in (base, *(f"{base}{number}" for number in range(2, PEOPLE + 2))) if name not in taken
    )
