from __future__ import annotations

from domain.item import Item, Record
from domain.value import Value


class Pair(Value):
    left: int
    right: str = ""


def test_a_trusted_value_is_like_one_that_was_checked() -> None:
    checked, trusted = Pair(left=1, right="a"), Pair.trusted({"left": 1, "right": "a"})
    assert trusted == checked
    assert hash(trusted) == hash(checked)
    assert trusted.model_dump_json() == checked.model_dump_json()
    assert trusted.model_fields_set == checked.model_fields_set
    assert repr(trusted) == repr(checked)


def test_copies_of_a_trusted_value_leave_it_and_its_like_alone() -> None:
    first, second = (Pair.trusted({"left": at, "right": ""}) for at in (1, 2))
    copied = first.model_copy(update={"left": 3})
    assert (first.left, second.left, copied.left) == (1, 2, 3)
    assert copied == Pair(left=3)


def test_what_is_personal_stays_silent_when_trusted() -> None:
    record = Record.trusted(
        {
            "system": "crm",
            "table": "users",
            "unit": "U01",
            "no": 1,
            "values": {"name": "สมชาย"},
            "withheld": {},
        }
    )
    assert str(record) == repr(record) == "<Record>"
    assert str(Item.trusted({"found": None, "locator": {"id": 1}, "content_hash": ""})) == "<Item>"
