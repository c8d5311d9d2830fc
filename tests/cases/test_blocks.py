"""Which records may not be used, for which case: two cases on one record, and races between taking and letting go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event, text

from domain.aftermath import Block
from domain.errors import KeyShredded, NotFound, Unavailable
from domain.identifiers import IdentifierKind, identifier
from domain.item import Item, Place, place
from domain.keeping import Restriction
from domain.outcomes import Ending
from domain.rights import Right
from security.ports import KeyPurpose
from tests.cases.conftest import House
from tests.cases.samples import planned
from tests.cases.test_register import events_of, names_of

SECRET = "ใบแจ้งหนี้-7"


def item(no: int, **locator: str) -> Item:
    made = planned(no).item
    return made.model_copy(update={"locator": {**made.locator, **locator}})


def blocks(*numbers: int, stood: bool = False, ground: str = "") -> tuple[Block, ...]:
    return tuple(Block(item=item(no), stood=stood, ground=ground) for no in numbers)


def places(*numbers: int) -> list[Place]:
    return [place(item(no)) for no in numbers]


def strangers(house: House) -> str:
    """A case of somebody else."""
    [case] = house.open(Right.ERASURE, identifiers=(identifier(IdentifierKind.EMAIL, "somchai@example.com"),))
    return case.id


def let_go(house: House, case: str, system: str = "crm") -> list[int]:
    """What the workflow does: resume what is free, then let go."""
    free = [int(str(each.locator["invoice_id"])) for each in house.room.blocks.free(case, system)]
    house.room.blocks.lift(case, system)
    return sorted(free)


def is_blocked(house: House, no: int, system: str = "crm") -> bool:
    one = item(no)
    return house.room.blocks.blocked(system, one.found.table, one.locator)


def test_what_is_blocked_on_one_ground_stays_so_while_the_rest_is_let_go(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    room.place(case, "crm", (*blocks(1, 2, ground="S32-1"), *blocks(3, ground="S32-2")))
    free = [int(str(each.locator["invoice_id"])) for each in room.free(case, "crm", but="S32-2")]
    assert sorted(free) == [1, 2]
    assert room.lift(case, "crm", but="S32-2") == 2
    assert [is_blocked(own_house, no) for no in (1, 2, 3)] == [False, False, True]
    assert let_go(own_house, case) == [3]


def test_records_are_blocked_until_their_case_lets_go(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    assert room.place(case, "crm", blocks(1, 2)) == 2
    assert room.place(case, "crm", blocks(1, 2, 3, 3)) == 1
    assert room.place(case, "crm", ()) == 0
    assert room.place(case, "billing", blocks(1)) == 1
    assert room.systems(case) == ("billing", "crm")
    assert [is_blocked(own_house, no) for no in (1, 2, 3, 4)] == [True, True, True, False]
    assert not is_blocked(own_house, 2, "billing")
    assert let_go(own_house, case) == [1, 2, 3]
    assert room.lift(case, "crm") == 0
    assert list(room.free(case, "crm")) == []
    assert room.systems(case) == ("billing",)
    assert not is_blocked(own_house, 1)
    told = [each for each in events_of(own_house, case) if each[0].startswith("use:")]
    assert told == [
        ("use:blocked", "engine", {"system": "crm", "count": 2}),
        ("use:blocked", "engine", {"system": "crm", "count": 1}),
        ("use:blocked", "engine", {"system": "billing", "count": 1}),
        ("use:resumed", "engine", {"system": "crm", "count": 3}),
    ]


def test_how_a_record_was_reached_is_no_part_of_its_place(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    reached = item(7, **{"$through": "orders"})
    assert place(reached) == place(item(7)) != place(item(8))
    room.place(case, "crm", [Block(item=reached)])
    assert room.place(case, "crm", blocks(7)) == 0
    assert is_blocked(own_house, 7)
    assert not room.blocked("crm", "customers", item(7).locator)
    assert [each.locator for each in room.free(case, "crm")] == [reached.locator]


def test_restrictions_of_other_cases_are_told_with_their_ground_and_whose_they_are(own_house: House) -> None:
    room = own_house.room.blocks
    hers, asking, other = own_house.case(), own_house.case(), strangers(own_house)
    room.place(hers, "crm", blocks(1, 2, ground="S34-3"))
    room.place(hers, "crm", blocks(4, ground="S32-1"))  # objected to: that keeps nothing
    room.place(asking, "crm", blocks(3, ground="S34-2"))
    room.place(other, "crm", blocks(2, 3, ground="S34-1"))
    every = places(1, 2, 3, 4, 5)
    own, another = Restriction(ground="S34-3", own=True), Restriction(ground="S34-1", own=False)
    assert room.restrictions(asking, "crm", every) == {
        every[0]: (own,),
        every[1]: (another, own),
        every[2]: (another,),
    }
    assert room.restrictions(asking, "billing", every) == room.restrictions(asking, "crm", []) == {}
    assert room.among("crm", every) == frozenset(every[:4])
    assert room.among("billing", every) == frozenset()
    let_go(own_house, hers)
    let_go(own_house, other)
    assert room.restrictions(asking, "crm", every) == {}
    room.place(hers, "crm", blocks(1, ground="S34-2"))
    assert room.restrictions(asking, "crm", every) == {every[0]: (Restriction(ground="S34-2", own=True),)}


@pytest.mark.parametrize(("ground", "waits"), [("S34-3", True), ("S34-1", True), ("S32-1", False)])
def test_a_restriction_waits_for_running_batches_as_an_order_does(
    own_house: House, ground: str, waits: bool
) -> None:
    """No batch erases what a restriction has kept since it asked."""
    case, erasing = own_house.case(), own_house.case()
    with ThreadPoolExecutor(1) as pool:
        with own_house.room.effects.gate(erasing):
            placing = pool.submit(own_house.room.blocks.place, case, "crm", blocks(1, ground=ground))
            done, _ = wait([placing], timeout=1 if waits else 30)
            assert bool(done) is not waits
            assert bool(own_house.room.blocks.restrictions(erasing, "crm", places(1))) is False
        assert placing.result(timeout=10) == 1


def test_a_whole_life_of_records_is_asked_for_in_few_statements(own_house: House) -> None:
    case, asking = own_house.case(), own_house.case()
    own_house.room.blocks.place(case, "crm", blocks(*range(1, 2_001), ground="S34-3"))
    statements: list[str] = []
    engine = own_house.room.blocks._work._glancing
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    assert len(own_house.room.blocks.restrictions(asking, "crm", places(*range(1, 2_001)))) == 2_000
    assert 0 < len(statements) < 10


def test_a_record_of_two_cases_is_free_when_the_last_lets_go(own_house: House) -> None:
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    assert room.place(first, "crm", blocks(1, 2)) == 2
    assert room.place(second, "crm", blocks(2, 3)) == 2
    assert let_go(own_house, first) == [1]
    assert [is_blocked(own_house, no) for no in (1, 2, 3)] == [False, True, True]
    assert let_go(own_house, second) == [2, 3]
    assert not is_blocked(own_house, 2)


def test_what_the_system_noted_before_us_is_never_resumed(own_house: House) -> None:
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    room.place(first, "crm", (*blocks(1, stood=True), *blocks(2)))
    # The second case sees a note on both: on the one it stood before us, on the other it is our own.
    room.place(second, "crm", blocks(1, stood=False))
    room.place(second, "crm", blocks(2, stood=True))
    assert let_go(own_house, first) == []
    assert let_go(own_house, second) == [2]
    # Once nobody blocks it any more, what the system says counts anew.
    room.place(second, "crm", (*blocks(1), *blocks(2, stood=True)))
    assert let_go(own_house, second) == [1]


def test_blocked_again_after_it_was_let_go(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    room.place(case, "crm", blocks(1))
    let_go(own_house, case)
    assert room.place(case, "crm", blocks(1, 2)) == 2
    assert let_go(own_house, case) == [1, 2]


def test_of_two_cases_that_let_go_at_once_one_gets_what_both_had(own_house: House) -> None:
    """Each asks what is free before either has let go: without a mark the record would stay noted for ever."""
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    for case in (first, second):
        room.place(case, "crm", blocks(1))
    assert list(room.free(first, "crm")) == []
    assert [each.locator["invoice_id"] for each in room.free(second, "crm")] == [1]
    assert room.lift(first, "crm") == room.lift(second, "crm") == 1
    assert not is_blocked(own_house, 1)


def test_cases_that_let_go_in_many_threads_leave_nothing_behind(own_house: House) -> None:
    cases = [own_house.case() for _ in range(8)]
    for case in cases:
        own_house.room.blocks.place(case, "crm", blocks(*range(1, 40)))
    together = threading.Barrier(8)

    def go(case: str) -> Sequence[int]:
        together.wait()
        return let_go(own_house, case)

    with ThreadPoolExecutor(8) as pool:
        resumed = [number for numbers in pool.map(go, cases) for number in numbers]
    assert set(resumed) == set(range(1, 40))
    assert not any(is_blocked(own_house, no) for no in range(1, 40))


def test_asked_again_after_a_cut_the_same_is_free(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    room.place(case, "crm", blocks(1, 2))
    stream = room.free(case, "crm")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert let_go(own_house, case) == [1, 2]


def test_what_is_free_stays_the_same_while_other_cases_come_and_go(own_house: House) -> None:
    """Batches of it are numbered: a retry must find the same records under the same number."""
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    room.place(first, "crm", blocks(1, 2, 3))
    room.place(second, "crm", blocks(1))
    before = [each.found.no for each in room.free(first, "crm")]
    assert sorted(before) == [2, 3]
    assert let_go(own_house, second) == [1]
    assert [each.found.no for each in room.free(first, "crm")] == before
    assert room.lift(first, "crm") == 3


def test_nothing_is_blocked_anew_behind_the_back_of_who_lets_go(own_house: House) -> None:
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    room.place(first, "crm", blocks(1))
    assert len(list(room.free(first, "crm"))) == 1
    with pytest.raises(Unavailable, match="record being released"):
        room.place(second, "crm", blocks(1, 2))
    assert room.systems(second) == ()
    assert is_blocked(own_house, 1)
    room.lift(first, "crm")
    assert room.place(second, "crm", blocks(1, 2)) == 2


def test_who_never_finished_letting_go_stops_nobody_for_ever(own_house: House) -> None:
    room, first, second = own_house.room.blocks, own_house.case(), own_house.case()
    room.place(first, "crm", blocks(1, 2))
    list(room.free(first, "crm"))
    own_house.clock.pass_by(days=1, seconds=1)
    assert room.place(second, "crm", blocks(1)) == 1
    assert let_go(own_house, second) == []
    assert let_go(own_house, first) == [1, 2]


def test_of_placing_and_letting_go_at_once_no_record_ends_up_in_use_for_whom_it_is_blocked(
    own_house: House,
) -> None:
    """A system that notes and unnotes as it is told, in whatever order two cases come to it."""
    room, noted, guard = own_house.room.blocks, set[int](), threading.Lock()

    def note(no: int, *, on: bool) -> None:
        with guard:
            (noted.add if on else noted.discard)(no)

    def take(case: str) -> bool:
        try:
            room.place(case, "crm", blocks(1))
        except Unavailable:
            return False
        note(1, on=True)
        return True

    def go(case: str) -> None:
        for each in room.free(case, "crm"):
            note(int(str(each.locator["invoice_id"])), on=False)
        room.lift(case, "crm")

    def at_once(together: threading.Barrier, deed: Callable[[str], object], case: str) -> object:
        together.wait()
        return deed(case)

    for _ in range(12):
        first, second = own_house.case(), own_house.case()
        assert take(first)
        together = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            going = pool.submit(at_once, together, go, first)
            taking = pool.submit(at_once, together, take, second)
            going.result(timeout=20)
            taken = taking.result(timeout=20)
        assert (1 in noted) == taken == is_blocked(own_house, 1)
        go(second)
        assert not noted


def test_placing_twice_at_once_is_placing_once(own_house: House) -> None:
    case, together = own_house.case(), threading.Barrier(6)

    def place_all(_: int) -> int:
        together.wait()
        return own_house.room.blocks.place(case, "crm", blocks(*range(1, 30)))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(place_all, range(6))) == [0, 0, 0, 0, 0, 29]
    assert names_of(own_house, case).count("use:blocked") == 1


def test_a_closed_case_keeps_its_blocks_and_its_key_opens_them(own_house: House) -> None:
    case = own_house.case()
    own_house.room.blocks.place(case, "crm", blocks(7))
    own_house.room.register.close(case, Ending.WITHDRAWN)
    assert is_blocked(own_house, 7)
    assert len(list(own_house.room.blocks.free(case, "crm"))) == 1
    with own_house.app.connect() as connection:
        stored = connection.execute(text("SELECT item, digest FROM blocks")).one()
    assert SECRET.encode() not in stored.item
    assert len(stored.digest) == 64
    own_house.ring.shred(own_house.ring.for_owner(KeyPurpose.CASE, case).key_id, "case-over")
    with pytest.raises(KeyShredded):
        list(own_house.room.blocks.free(case, "crm"))
    assert is_blocked(own_house, 7)


def test_many_records_are_placed_by_pages_and_come_one_by_one(own_house: House) -> None:
    room, case = own_house.room.blocks, own_house.case()
    assert room.place(case, "crm", blocks(*range(1, 1_301))) == 1_300
    stream = room.free(case, "crm")
    assert len({next(stream).found.no for _ in range(500)}) == 500
    # What was not read yet may be broken: it was not unsealed.
    with own_house.owner.begin() as connection:
        broken = text(
            "UPDATE blocks SET item = 'x' WHERE digest = (SELECT max(digest) FROM blocks WHERE case_id = :case)"
        )
        connection.execute(broken, {"case": case})
    stream.close()  # type: ignore[attr-defined]
    assert room.lift(case, "crm") == 1_300


def test_a_case_that_is_not_known_blocks_nothing(house: House) -> None:
    room = house.room.blocks
    with pytest.raises(NotFound):
        room.place("c-none", "crm", blocks(1))
    with pytest.raises(NotFound):
        list(room.free("c-none", "crm"))
    with pytest.raises(NotFound):
        room.lift("c-none", "crm")
    assert room.systems("c-none") == ()
