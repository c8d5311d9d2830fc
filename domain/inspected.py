"""The tables of the audit export, one home for their columns: `cases` reads them, `exports` writes them."""

from __future__ import annotations

from domain.inspection import Column, Kind, Section

_T, _I, _D, _N, _F, _W, _C = (
    *(Kind.TEXT, Kind.INSTANT, Kind.DAY, Kind.COUNT, Kind.FLAG, Kind.WORDS, Kind.COUNTS),
)


def _section(name: str, columns: str, *, personal: bool = False) -> Section:
    """Columns as `name:kind`, text unless said; `?` where it may be empty."""
    kinds = {"t": _T, "i": _I, "d": _D, "n": _N, "f": _F, "w": _W, "c": _C}
    made = []
    for each in columns.split():
        called, _, kind = each.partition(":")
        made.append(Column(called, kinds[kind.rstrip("?") or "t"], kind.endswith("?")))
    return Section(name, tuple(made), personal)


SECTIONS = (
    _section("requests", "request received:i channel language entered_by entered:i cases:n"),
    _section(
        "cases",
        "reference case request right controller state ending:? received_on:d opened:i started:i? begun:i? closed:i? "
        "verify_by:i decide_by:d target:d strict:d rolled:d due:i authority law policy calendar terms_version:n "
        "days_taken:n? days_allowed:n in_time:f?",
    ),
    _section("terms", "reference version:n strict:d rolled:d target:d decide_by:d law calendar set_by at:i"),
    _section("identity", "reference method assurance:n result by asked:i? at:i?"),
    _section("searches", "reference system found:n new_identifiers:n manifest_digest at:i"),
    _section(
        "decisions",
        "reference decision plan_version:n plan_digest approved:f ground proposer confirmer proposed:i "
        "completed:i? voided:i?",
    ),
    _section(
        "units",
        "reference plan_version:n system unit role basis planned ground holds:w until:d? records:n achieved:c",
    ),
    _section(
        "refusals",
        "reference refusal scope ground section demanded:f system units:w laws:w items:n policy proposer confirmer "
        "decided:i? letter recorded:i keep_until:d",
    ),
    _section("holds", "order reference:? kind units:w placed_by placed:i released_by:? released:i?"),
    _section(
        "left_out",
        "reference system step code since:i ground:? proposer:? confirmer:? decided:i? answered_by:? answered:i?",
    ),
    _section("stops", "reference mistake:? ground:? proposer:? proposed:i? decided_by:? decided:i?"),
    _section("deaths", "reference shown proposer proposed:i confirmer:? decided:i?"),
    _section("merges", "reference into merged_by merged:i undone:i?"),
    _section("instructions", "instruction reference told source given_by given:i carried_out_by:?"),
    _section("errands", "reference system asks due_on:d asked:i overdue:i? answered:i? answered_by:?"),
    _section("recipients", "reference recipient by_day:d told:i said:? evidence:n answered:i? answered_by:?"),
    _section("suppressions", "reference why purposes:w entries:n entered:i lifted:i? lifted_by:?"),
    _section("effects", "reference key system verb achieved:c at:i"),
    _section("proofs", "reference system proof left:n leftover:n at:i"),
    _section("obligations", "obligation reference kind system code due_on:d items:n owed:i met:i?"),
    _section("letters", "letter reference case code text_sha256 queued:i sent:i?"),
    _section(
        "deliveries",
        "delivery letter reference documents:n to_proved_address:f made:i sent:i? opened:n fetched:n expires:i revoked:i? fate:? fate_at:i?",
    ),
    _section("fates", "delivery reference fate at:i noted:i"),
    _section("posts", "letter reference code posted_on:d entered_by entered:i"),
    _section("disclosures", "disclosure reference:? given_on:d secret_until:d? entered_by entered:i"),
    _section("access", "seq:n reference:? at:i event who command:? reason_code:? sha256:?"),
    _section(
        "exports",
        "export serial:n? mode since:d until:d cases:n asked_by asked:i approved_by:? approved:i? made:i? sha256:? timestamp:?",
    ),
    _section("persons", "reference name message identifiers:w", personal=True),
    _section("refusal_reasons", "refusal reference reasons:w", personal=True),
    _section("disclosed", "disclosure recipient power order units:w given_by what", personal=True),
    _section("orders", "order reference:? number reason", personal=True),
)
"""In the order of the report."""

BY_NAME = {section.name: section for section in SECTIONS}

ACCESS_EVENTS = (
    *("staff:looked", "staff:refused", "bundle:exported", "history:decoded"),
    *("delivery:opened", "delivery:fetched"),
)
"""Events that show who looked into a case file, and what left."""
