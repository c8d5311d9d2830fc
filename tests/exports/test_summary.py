"""What a summary says besides the data: whether they must be given, and since when what came from elsewhere is there."""

from __future__ import annotations

from domain.item import Basis, Label
from exports import summary, words
from policy.load import load_policy

POLICY, TH = load_policy(), words.load()["th"]


def test_whether_data_must_be_given_is_the_policy_s_word_and_marked_until_it_is_signed() -> None:
    told = {basis: Label(th=f"เพราะ {basis}", en="") for basis in Basis}
    ours = POLICY.model_copy(update={"record": POLICY.record.model_copy(update={"must_give": told})})
    [said] = summary.must_give([Basis.CONTRACT], ours, TH)
    assert said.startswith("เพราะ contract (ข้อเสนอ")
    signed = ours.model_copy(update={"gaps": ()})
    assert summary.must_give([Basis.CONTRACT, Basis.CONSENT], signed, TH) == (
        "เพราะ contract",
        "เพราะ consent",
    )


def test_a_day_that_is_none_stands_as_the_system_has_it() -> None:
    assert summary.day_of("2026-11-22T10:00:00Z", TH) == "22\u00a0พฤศจิกายน\u00a02569"
    assert summary.day_of("ค่า 17 val", TH) == "ค่า 17 val"
