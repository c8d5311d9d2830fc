"""The register's tables. Personal data stands only in columns of bytes, sealed; every other column is clear.

The migrations make them and this module reads them; a test holds one against the other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

register = MetaData()


def _text(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


def _number(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=primary_key, nullable=nullable, autoincrement=False)


def _serial() -> Column[int]:
    # A serial number from the database: rows of one case are told apart by it, nothing counts them.
    return Column("id", BigInteger, primary_key=True, autoincrement=True)


def _case(*, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column("case_id", Text, ForeignKey("cases.id"), primary_key=primary_key, nullable=nullable)


reference_counters = Table("reference_counters", register, _number("year", primary_key=True), _number("last"))
requests = Table(
    "requests",
    register,
    _text("id", primary_key=True),
    _at("received"),
    _text("channel"),
    _text("language"),
    _text("actor"),
    Column("dedup", Text, unique=True),
    _at("opened"),
)
cases = Table(
    "cases",
    register,
    _text("id", primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False, index=True),
    Column("reference", Text, nullable=False, unique=True),
    _text("right"),
    _text("tenant"),  # the controller: "" is the company itself
    Column("consent_only", Boolean, nullable=False),
    _at("proofs_since", nullable=True),  # what was shown of identity before that does not count
    _text("state"),
    _text("ending", nullable=True),
    _number("terms_version"),
    Column("due", Date, nullable=False),  # the promised day of those terms, by which the board is ordered
    _at("opened"),
    _at("started", nullable=True),
    _at("begun", nullable=True),  # fulfilment began: the request changes no more, whatever step it is in
    _at("closed", nullable=True),
    Index("ix_cases_opened", "opened", "reference"),
)
links = Table(
    "links",
    register,
    _case(primary_key=True),
    _text("relation", primary_key=True),
    Column("other_id", Text, ForeignKey("cases.id"), primary_key=True, index=True),
    _text("right"),  # the first case's: which further case was opened for the other
    _text("actor"),
    _sealed("reason", nullable=True),
    _at("at"),
    _at("undone", nullable=True),  # a merge that did not come about
    Index(
        "uq_links_once",
        "other_id",
        "relation",
        "right",
        unique=True,
        postgresql_where=text("relation IN ('follows', 'replaces', 'reviews')"),
    ),
    Index(
        "uq_links_merged",
        "case_id",
        unique=True,
        postgresql_where=text("relation = 'merged' AND undone IS NULL"),
    ),
)
amendments = Table(
    "amendments",
    register,
    _text("id", primary_key=True),
    _case(),
    _number("no"),
    _text("moved"),
    _text("right", nullable=True),
    Column("merged_id", Text, ForeignKey("cases.id")),  # the later request that brought it
    _sealed("amendment"),
    _text("actor"),
    _sealed("reason"),
    _at("at"),
    _at("applied", nullable=True),
    _at("dropped", nullable=True),
    UniqueConstraint("case_id", "no", name="uq_amendments"),
)
terms = Table(
    "terms",
    register,
    _case(primary_key=True),
    _number("version", primary_key=True),
    Column("terms", JSONB, nullable=False),
    _text("actor"),
    _sealed("reason", nullable=True),
    _at("at"),
    _at("heard", nullable=True),  # by the workflow; the first it is started with
)
parkings = Table(
    "parkings",
    register,
    _serial(),
    _case(),
    _text("system"),
    _text("step"),
    _text("code"),
    _at("since"),
    _at("repaired", nullable=True),
    _text("repaired_by", nullable=True),
    _text("ground", nullable=True),
    _sealed("reason", nullable=True),
    _text("hand"),
    Index("uq_parkings_open", "case_id", "system", unique=True, postgresql_where=text("repaired IS NULL")),
)
tasks = Table(
    "tasks",
    register,
    _serial(),
    _case(),
    _text("code"),
    _text("system"),
    _at("opened"),
    _text("hand", nullable=True),
    _at("closed", nullable=True),
    _text("closed_by", nullable=True),
    Column("undone", Boolean, nullable=False),
    _sealed("reason", nullable=True),
    Index(
        "uq_tasks_open", *("case_id", "code", "system"), unique=True, postgresql_where=text("closed IS NULL")
    ),
)
vault = Table(
    "vault",
    register,
    _case(primary_key=True),
    _sealed("name"),
    _sealed("message"),
    _sealed("changes"),
    _sealed("given"),
    _sealed("replies"),  # addresses that an amendment named for answers: challenged, never searched for
    _sealed("silent"),  # addresses named by somebody who acts no more: never challenged nor written to
    _sealed("agent"),
    _sealed("authority"),
    _sealed("found"),
    _sealed("candidates", nullable=True),
    _number("chosen", nullable=True),  # from 1; 0 means that none of the candidates is meant
    _text("chosen_by", nullable=True),
    _sealed("chosen_why", nullable=True),
)
identifier_hashes = Table(
    "identifier_hashes",
    register,
    _case(primary_key=True),
    _text("digest", primary_key=True),
    _text("key_id"),
    _text("kind"),
    _number("normaliser"),
    Index("ix_identifier_hashes_digest", "digest"),
)
challenges = Table(
    "challenges",
    register,
    _text("id", primary_key=True),
    _case(),
    _text("address_hash"),
    _sealed("address"),
    Column("token_hash", Text, nullable=False, unique=True),
    _text("code_hash"),
    _number("attempts"),
    _at("made"),
    _at("expires"),
    _at("sent", nullable=True),
    _at("answered", nullable=True),
    Index("ix_challenges_case", "case_id", "address_hash"),
)
verifications = Table(
    "verifications",
    register,
    _text("id", primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    _text("method"),
    _text("actor"),
    _sealed("reason"),
    _at("at"),
)
plans = Table(
    "plans",
    register,
    _case(primary_key=True),
    _number("version", primary_key=True),
    _text("digest"),
    Column("counts", JSONB, nullable=False),
    _at("made"),
)
plan_items = Table(
    "plan_items",
    register,
    # No foreign key: a plan is written by COPY, a hundred thousand rows at a time, before its own row.
    _text("case_id", primary_key=True),
    _number("version", primary_key=True),
    _number("no", primary_key=True),
    _text("system"),
    _text("table_name"),
    _text("unit"),
    _text("role"),
    _text("basis"),
    _text("planned"),
    _text("ground"),
    Column("holds", JSONB, nullable=False),
    Column("until", Date),
    _text("fingerprint"),
    _text("achieved", nullable=True),
    _text("stayed", nullable=True),  # the ground on which it was left as it was, where it was to go
    _sealed("item"),
)
decisions = Table(
    "decisions",
    register,
    _text("id", primary_key=True),
    _case(),
    _number("version"),
    _text("digest"),
    Column("approved", Integer, nullable=False),
    _text("ground"),
    _text("proposer"),
    _text("confirmer"),
    _sealed("proposed_why"),
    _sealed("confirmed_why", nullable=True),
    _at("proposed"),
    _at("completed", nullable=True),
    _at("voided", nullable=True),
    UniqueConstraint("case_id", "version", name="uq_decisions"),
)
intents = Table("intents", register, _text("key", primary_key=True), _case(), _sealed("foreseen"), _at("at"))
receipts = Table(
    "receipts",
    register,
    _text("key", primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    _text("system"),
    _text("verb"),
    Column("achieved", JSONB, nullable=False),
    _at("at"),
)
findings = Table(
    "findings",
    register,
    _serial(),
    _case(),
    _text("kind"),
    _text("system"),
    Column("finding", JSONB, nullable=False),
    _at("at"),
    Index("ix_findings_case", "case_id", "kind", "system", "id"),
)
obligations = Table(
    "obligations",
    register,
    _text("id", primary_key=True),
    _case(),
    _number("plan_version"),  # 0: it was added by itself and comes from no plan
    _text("kind"),
    _text("system"),
    _text("code"),
    Column("due_on", Date, nullable=False),
    _number("items"),
    Column("rules", JSONB, nullable=False),
    _at("owed"),
    _at("met", nullable=True),
    Index("ix_obligations_case", "case_id", "plan_version"),
    Index("ix_obligations_due", "due_on", postgresql_where=text("met IS NULL")),
    Index(
        "uq_obligations_added",
        *("case_id", "kind", "system", "code"),
        unique=True,
        postgresql_where=text("plan_version = 0"),
    ),
)
obligation_items = Table(
    "obligation_items",
    register,
    Column("obligation_id", Text, ForeignKey("obligations.id"), primary_key=True),
    _number("no", primary_key=True),
    _sealed("item"),
    _at("gone", nullable=True),  # it is owed no more, and the person was told
)
blocks = Table(
    "blocks",
    register,
    _case(primary_key=True),
    _text("system", primary_key=True),
    _text("digest", primary_key=True),
    _sealed("item"),
    Column("stood", Boolean, nullable=False),
    _text("ground"),
    _at("placed"),
    _at("leaving", nullable=True),
    Column("free", Boolean, nullable=False),  # found so when it was marked as leaving
    _at("lifted", nullable=True),
    Index("ix_blocks_open", "system", "digest", postgresql_where=text("lifted IS NULL")),
)
disclosures = Table(
    "disclosures",
    register,
    _text("id", primary_key=True),
    _case(nullable=True),
    Column("dedup", Text, nullable=False, unique=True),
    Column("given_on", Date, nullable=False),
    Column("secret_until", Date),
    _sealed("disclosure"),
    _sealed("reason"),
    _text("entered_by"),
    _at("entered"),
    Index("ix_disclosures_case_id", "case_id"),
    Index("ix_disclosures_given_on", "given_on", "id"),
)
disclosure_hashes = Table(
    "disclosure_hashes",
    register,
    Column("disclosure_id", Text, ForeignKey("disclosures.id"), primary_key=True),
    _text("digest", primary_key=True),
    _text("key_id"),
    _text("kind"),
    _number("normaliser"),
    Index("ix_disclosure_hashes_digest", "digest"),
)
refusals = Table(
    "refusals",
    register,
    _text("id", primary_key=True),
    _case(),
    _text("scope"),
    _text("ground"),
    _text("section"),
    Column("demanded", Boolean, nullable=False),  # by s.39 ¶1(7); the others are kept by policy
    _text("system"),
    Column("units", JSONB, nullable=False),
    Column("laws", JSONB, nullable=False),
    _number("items"),
    _text("policy"),
    _text("proposer"),
    _text("confirmer"),
    _at("decided", nullable=True),
    _text("letter"),
    _at("recorded"),
    Column("keep_until", Date, nullable=False),
    _sealed("reasons"),
    UniqueConstraint("case_id", "scope", "ground", "system", name="uq_refusals"),
    Index("ix_refusals_keep_until", "keep_until"),
)
refusal_hashes = Table(
    "refusal_hashes",
    register,
    Column("refusal_id", Text, ForeignKey("refusals.id"), primary_key=True),
    _text("digest", primary_key=True),
    _text("key_id"),
    _text("kind"),
    _number("normaliser"),
    Index("ix_refusal_hashes_digest", "digest"),
)
letters = Table(
    "letters",
    register,
    _text("id", primary_key=True),
    _case(),
    _text("code"),
    _text("ref"),
    _text("text_sha256"),
    _at("queued"),
    _at("sent", nullable=True),
    UniqueConstraint("case_id", "code", name="uq_letters"),
)
deliveries = Table(
    "deliveries",
    register,
    _text("id", primary_key=True),
    _case(),
    Column("letter_id", Text, ForeignKey("letters.id"), index=True),  # none: the link brings a message
    _text("address_hash"),
    _sealed("address"),
    _number("proved"),
    Column("documents", JSONB, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    _at("made"),
    _at("expires"),
    _at("sent", nullable=True),
    _number("opened"),
    _number("fetched"),
    _at("revoked", nullable=True),
    _text("revoked_by", nullable=True),
    _sealed("revoked_why", nullable=True),
    Index("ix_deliveries_case", "case_id", "address_hash"),
)
delivery_codes = Table(
    "delivery_codes",
    register,
    _serial(),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False, index=True),
    _text("code_hash"),
    _number("attempts"),
    _at("made"),
    _at("expires"),
    _at("sent", nullable=True),
    Column("session_hash", Text, unique=True),
    _at("session_ends", nullable=True),
)
bundles = Table(
    "bundles",
    register,
    _serial(),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    _text("ref"),
    _text("sha256"),
    Column("size", BigInteger, nullable=False),
    _at("at"),
)
hold_orders = Table(
    "hold_orders",
    register,
    _text("id", primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), index=True),  # none: it binds every case
    _text("kind"),
    Column("units", JSONB, nullable=False),  # those that it names; none: all that there is of the person
    _sealed("order_ref"),
    _sealed("reason"),
    _text("placed_by"),
    _at("placed"),
    _text("released_by", nullable=True),
    _sealed("released_why", nullable=True),
    _at("released", nullable=True),
)
staff = Table(
    "staff",
    register,
    _text("id", primary_key=True),
    _text("role"),
    _sealed("name"),
    _text("credential"),
    _at("added"),
    _at("disabled", nullable=True),
)
events = Table(
    "events",
    register,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _text("case_id", nullable=True),
    _number("case_seq", nullable=True),
    _at("at"),
    _text("event"),
    _text("actor"),
    Column("facts", JSONB, nullable=False),
    _number("version"),
    _sealed("canonical"),
    _sealed("leaf"),
    _sealed("chain"),
    UniqueConstraint("case_id", "case_seq", name="uq_events_case"),
)
