"""What becomes of letters on their way: told once, and by post where they did not arrive or nobody read them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from domain.delivery import Fate, Link, Notice, goes_by_post, mark_of
from domain.errors import NotFound
from domain.outcomes import Ending
from domain.states import State
from tests.cases.conftest import START, TERMS, House
from tests.cases.test_deliveries import OTHER, linked, session_of
from tests.cases.test_register import events_of, names_of

STAFF = "S-000000000001"


def notice(link: Link, fate: Fate, event: str = "", after: float = 0) -> Notice:
    at = START + timedelta(seconds=after)
    return Notice(mark=mark_of(link.dedup), event=event or f"{link.id}:{fate}:{after}", fate=fate, at=at)


def by_post(house: House, case: str) -> list[str]:
    return [task.code for task in house.room.tasks.of(case) if task.code.startswith("post-")]


def test_a_word_of_the_provider_counts_once(house: House) -> None:
    case = house.case()
    link = linked(house, case, "L5", proved=True)
    word = notice(link, Fate.DELIVERED)

    assert house.room.fates.take([word, word]) == 1
    assert house.room.fates.take([word]) == 0

    [told] = [facts for event, _, facts in events_of(house, case) if event == "delivery:delivered"]
    assert told == {"delivery": link.id, "letter": told["letter"], "code": "L5"}
    assert by_post(house, case) == []


def test_a_word_about_no_letter_of_ours_changes_nothing(house: House) -> None:
    before = house.room.audit.head()
    stranger = Notice(mark=mark_of("somebody's newsletter"), event="e", fate=Fate.BOUNCED, at=START)

    assert house.room.fates.take([stranger]) == 0
    assert house.room.fates.take([]) == 0
    assert house.room.audit.head() == before


@pytest.mark.parametrize("fate", [Fate.BOUNCED, Fate.DROPPED])
def test_what_did_not_arrive_goes_by_post_once(house: House, fate: Fate) -> None:
    case = house.case()
    link = linked(house, case, "L5", proved=True)

    for number in range(2):
        house.room.fates.take([notice(link, fate, f"{link.id}{number}")])

    assert by_post(house, case) == ["post-L5"]
    assert names_of(house, case).count(f"delivery:{fate}") == 2


def test_one_address_that_was_reached_is_enough_and_the_last_that_fails_is_not(house: House) -> None:
    case = house.case()
    first = linked(house, case, "L5", proved=True)
    second = linked(house, case, "L5", address=OTHER, proved=True)

    house.room.fates.take([notice(first, Fate.BOUNCED)])
    assert by_post(house, case) == []
    house.room.fates.take([notice(second, Fate.DROPPED)])
    assert by_post(house, case) == ["post-L5"]


@pytest.mark.parametrize(("bounced", "asked"), [(10, []), (30, ["post-L5"])])
def test_what_comes_back_after_it_was_taken_did_not_arrive_and_a_later_try_may(
    house: House, bounced: int, asked: list[str]
) -> None:
    case = house.case()
    link = linked(house, case, "L5", proved=True)

    house.room.fates.take([notice(link, Fate.DELIVERED, after=20)])
    house.room.fates.take([notice(link, Fate.BOUNCED, after=bounced)])

    assert by_post(house, case) == asked


def test_who_never_showed_who_they_are_gets_no_post(house: House) -> None:
    case = house.case()
    house.room.fates.take([notice(linked(house, case, "L1"), Fate.BOUNCED)])
    house.clock.pass_by(days=40)
    house.room.fates.unread()

    assert "delivery:bounced" in names_of(house, case)
    assert by_post(house, case) == []


def test_a_link_made_anew_travels_under_the_first_mark(house: House) -> None:
    case = house.case()
    lost = linked(house, case, "L5", proved=True, sent=False)
    again = linked(house, case, "L5", proved=True)

    assert mark_of(lost.dedup) == mark_of(again.dedup)
    assert house.room.fates.take([notice(again, Fate.BOUNCED)]) == 1
    assert by_post(house, case) == ["post-L5"]


def test_what_nobody_reads_goes_by_post_in_time(house: House) -> None:
    house.clock.at = START  # the terms of these cases stand; other tests let time pass
    unread, read = house.case(), house.case()
    linked(house, unread, "L5", proved=True)
    session = session_of(house, linked(house, read, "L5", proved=True))
    house.room.deliveries.fetch(session, "L5.pdf")

    house.clock.pass_by(days=6)
    house.room.fates.unread()
    assert by_post(house, unread) == []
    house.clock.pass_by(days=1, seconds=1)
    for _ in range(2):
        house.room.fates.unread()
    assert (by_post(house, unread), by_post(house, read)) == (["post-L5"], [])


def test_letters_of_long_ago_are_left_to_people(house: House) -> None:
    """A sweep that begins today must not ask for the post of whatever was never fetched in years."""
    house.clock.at = START
    old = house.case()
    linked(house, old, "L5", proved=True)
    house.clock.pass_by(days=88)
    later = house.case()
    linked(house, later, "L5", proved=True)
    house.clock.pass_by(days=8)
    house.room.fates.unread()
    assert (by_post(house, old), by_post(house, later)) == ([], ["post-L5"])


def test_nothing_goes_by_post_to_the_dead(house: House) -> None:
    house.clock.at = START
    case = house.case(State.ANSWERING)
    bounced = linked(house, case, "DECISION", proved=True)
    linked(house, case, "L3", proved=True)
    house.room.register.close(case, Ending.DECEASED)

    house.room.fates.take([notice(bounced, Fate.BOUNCED)])
    house.clock.pass_by(days=8)
    house.room.fates.unread()

    assert "delivery:bounced" in names_of(house, case)
    assert by_post(house, case) == []


def test_before_it_is_due_but_never_before_a_day() -> None:
    week, day = timedelta(days=7), timedelta(days=1)
    assert goes_by_post(START, START + timedelta(days=30)) == START + week
    assert goes_by_post(START, START + timedelta(days=8)) == START + timedelta(days=3)
    assert goes_by_post(START, START + timedelta(days=3)) == START + day
    assert goes_by_post(START, START - day) == START + day


def test_the_tracking_number_proves_it_and_closes_the_task(house: House) -> None:
    case = house.case()
    house.room.fates.take([notice(linked(house, case, "L5", proved=True), Fate.BOUNCED)])
    on = date(2026, 11, 24)

    for tracking in ("EE123456785TH", "EE999999999TH"):
        house.room.fates.posted(case, "L5", on=on, tracking=tracking, actor=STAFF)

    [post] = house.room.fates.posts(case)
    assert (post.code, post.on, post.tracking) == ("L5", on, "EE123456785TH")
    assert by_post(house, case) == []
    names = names_of(house, case)
    assert (names.count("letter:posted"), names.count("task:closed")) == (1, 1)
    with house.app.connect() as connection:
        chain = connection.execute(text("SELECT string_agg(canonical::text, '') FROM events")).scalar_one()
        assert b"EE123456785TH".hex() not in chain
    house.clock.pass_by(days=40)
    house.room.fates.unread()
    assert by_post(house, case) == []


def test_a_letter_that_is_none_is_not_posted(house: House) -> None:
    with pytest.raises(NotFound, match="letter unknown"):
        house.room.fates.posted(house.case(), "L5", on=TERMS.strict, tracking="EE123456785TH", actor=STAFF)


def test_letters_come_with_the_mail_while_the_person_asks_for_it(house: House) -> None:
    case, other = house.case(), house.case()
    enclosing = house.room.enclosing
    assert not enclosing.asked(case)
    for wanted in (False, True, True, False, True):
        enclosing.ask(case, wanted=wanted, actor=STAFF)
        assert enclosing.asked(case) is wanted
        house.clock.pass_by(seconds=1)
    assert not enclosing.asked(other)
    told = [event for event in names_of(house, case) if event.startswith("letters:")]
    assert told == ["letters:enclosed", "letters:by-link", "letters:enclosed"]
    with pytest.raises(NotFound):
        enclosing.ask("c-nobody", wanted=True, actor=STAFF)
