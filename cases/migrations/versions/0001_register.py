"""The register: requests and their cases, the vault, plans, effects, obligations and the audit chain."""

from __future__ import annotations

from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE reference_counters (year integer PRIMARY KEY, last integer NOT NULL);

CREATE TABLE requests (
    id text PRIMARY KEY,
    received timestamptz NOT NULL,
    channel text NOT NULL,
    language text NOT NULL,
    actor text NOT NULL,
    dedup text UNIQUE,
    opened timestamptz NOT NULL
);

CREATE TABLE cases (
    id text PRIMARY KEY,
    request_id text NOT NULL REFERENCES requests (id),
    reference text NOT NULL UNIQUE,
    "right" text NOT NULL,
    tenant text NOT NULL,
    consent_only boolean NOT NULL,
    proofs_since timestamptz,
    state text NOT NULL,
    ending text,
    terms_version integer NOT NULL,
    opened timestamptz NOT NULL,
    started timestamptz,
    begun timestamptz,
    closed timestamptz,
    CONSTRAINT ck_cases_closed CHECK ((state = 'closed') = (ending IS NOT NULL AND closed IS NOT NULL))
);
CREATE INDEX ix_cases_request_id ON cases (request_id);
CREATE INDEX ix_cases_opened ON cases (opened, reference);

CREATE TABLE links (
    case_id text NOT NULL REFERENCES cases (id),
    relation text NOT NULL,
    other_id text NOT NULL REFERENCES cases (id),
    "right" text NOT NULL,
    actor text NOT NULL,
    reason bytea,
    at timestamptz NOT NULL,
    undone timestamptz,
    PRIMARY KEY (case_id, relation, other_id),
    CONSTRAINT ck_links_other CHECK (case_id <> other_id)
);
CREATE INDEX ix_links_other_id ON links (other_id);
CREATE UNIQUE INDEX uq_links_once ON links (other_id, relation, "right")
    WHERE relation IN ('follows', 'replaces', 'reviews');
CREATE UNIQUE INDEX uq_links_merged ON links (case_id) WHERE relation = 'merged' AND undone IS NULL;

CREATE TABLE amendments (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    no integer NOT NULL,
    moved text NOT NULL,
    "right" text,
    merged_id text REFERENCES cases (id),
    amendment bytea NOT NULL,
    actor text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL,
    applied timestamptz,
    dropped timestamptz,
    CONSTRAINT uq_amendments UNIQUE (case_id, no),
    CONSTRAINT ck_amendments_end CHECK (applied IS NULL OR dropped IS NULL)
);

CREATE TABLE terms (
    case_id text NOT NULL REFERENCES cases (id),
    version integer NOT NULL,
    terms jsonb NOT NULL,
    actor text NOT NULL,
    reason bytea,
    at timestamptz NOT NULL,
    heard timestamptz,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE stops (
    case_id text PRIMARY KEY REFERENCES cases (id),
    actor text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE parkings (
    id bigserial PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    step text NOT NULL,
    code text NOT NULL,
    since timestamptz NOT NULL,
    repaired timestamptz,
    repaired_by text,
    ground text,
    reason bytea,
    hand text NOT NULL
);
CREATE UNIQUE INDEX uq_parkings_open ON parkings (case_id, system) WHERE repaired IS NULL;

CREATE TABLE tasks (
    id bigserial PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    code text NOT NULL,
    system text NOT NULL,
    opened timestamptz NOT NULL,
    hand text,
    closed timestamptz,
    closed_by text, undone boolean NOT NULL,
    reason bytea,
    CONSTRAINT ck_tasks_closed CHECK ((closed IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX uq_tasks_open ON tasks (case_id, code, system) WHERE closed IS NULL;

CREATE TABLE vault (
    case_id text PRIMARY KEY REFERENCES cases (id),
    name bytea NOT NULL,
    message bytea NOT NULL,
    changes bytea NOT NULL,
    given bytea NOT NULL,
    replies bytea NOT NULL,
    silent bytea NOT NULL,
    agent bytea NOT NULL,
    authority bytea NOT NULL,
    found bytea NOT NULL,
    candidates bytea,
    chosen integer,
    chosen_by text,
    chosen_why bytea
);

CREATE TABLE identifier_hashes (
    case_id text NOT NULL REFERENCES cases (id),
    digest text NOT NULL,
    key_id text NOT NULL,
    kind text NOT NULL,
    normaliser integer NOT NULL,
    PRIMARY KEY (case_id, digest)
);
CREATE INDEX ix_identifier_hashes_digest ON identifier_hashes (digest);

CREATE TABLE challenges (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    address_hash text NOT NULL,
    address bytea NOT NULL,
    token_hash text NOT NULL UNIQUE,
    code_hash text NOT NULL,
    attempts integer NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    answered timestamptz
);
CREATE INDEX ix_challenges_case ON challenges (case_id, address_hash);

CREATE TABLE verifications (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    method text NOT NULL,
    actor text NOT NULL,
    reason bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_verifications_case_id ON verifications (case_id);

CREATE TABLE plans (
    case_id text NOT NULL REFERENCES cases (id),
    version integer NOT NULL,
    digest text NOT NULL,
    counts jsonb NOT NULL,
    made timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE plan_items (
    case_id text NOT NULL,
    version integer NOT NULL,
    no integer NOT NULL,
    system text NOT NULL,
    table_name text NOT NULL,
    unit text NOT NULL,
    role text NOT NULL,
    basis text NOT NULL,
    planned text NOT NULL,
    ground text NOT NULL,
    holds jsonb NOT NULL,
    until date,
    fingerprint text NOT NULL,
    achieved text,
    stayed text,
    item bytea NOT NULL,
    PRIMARY KEY (case_id, version, no)
);

CREATE TABLE decisions (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    version integer NOT NULL,
    digest text NOT NULL,
    approved integer NOT NULL,
    ground text NOT NULL,
    proposer text NOT NULL,
    confirmer text NOT NULL,
    proposed_why bytea NOT NULL,
    confirmed_why bytea,
    proposed timestamptz NOT NULL,
    completed timestamptz,
    voided timestamptz,
    CONSTRAINT uq_decisions UNIQUE (case_id, version),
    CONSTRAINT ck_decisions_two_persons CHECK (proposer <> confirmer),
    CONSTRAINT ck_decisions_refusal CHECK (approved = 1 OR completed IS NULL OR confirmer <> '')
);

CREATE TABLE intents (
    key text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    foreseen bytea NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE receipts (
    key text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    verb text NOT NULL,
    achieved jsonb NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_receipts_case_id ON receipts (case_id);

CREATE TABLE findings (
    id bigserial PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    kind text NOT NULL,
    system text NOT NULL,
    finding jsonb NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_findings_case ON findings (case_id, kind, system, id);

CREATE TABLE obligations (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    plan_version integer NOT NULL,
    kind text NOT NULL,
    system text NOT NULL,
    code text NOT NULL,
    due_on date NOT NULL,
    items integer NOT NULL,
    rules jsonb NOT NULL,
    owed timestamptz NOT NULL,
    met timestamptz
);
CREATE INDEX ix_obligations_case ON obligations (case_id, plan_version);
CREATE INDEX ix_obligations_due ON obligations (due_on) WHERE met IS NULL;
CREATE UNIQUE INDEX uq_obligations_added ON obligations (case_id, kind, system, code) WHERE plan_version = 0;

CREATE TABLE obligation_items (
    obligation_id text NOT NULL REFERENCES obligations (id),
    no integer NOT NULL,
    item bytea NOT NULL,
    gone timestamptz,
    PRIMARY KEY (obligation_id, no)
);

CREATE TABLE blocks (
    case_id text NOT NULL REFERENCES cases (id),
    system text NOT NULL,
    digest text NOT NULL,
    item bytea NOT NULL,
    stood boolean NOT NULL,
    ground text NOT NULL,
    placed timestamptz NOT NULL,
    leaving timestamptz,
    free boolean NOT NULL,
    lifted timestamptz,
    PRIMARY KEY (case_id, system, digest)
);
CREATE INDEX ix_blocks_open ON blocks (system, digest) WHERE lifted IS NULL;

CREATE TABLE disclosures (
    id text PRIMARY KEY,
    case_id text REFERENCES cases (id),
    dedup text NOT NULL UNIQUE,
    given_on date NOT NULL,
    secret_until date,
    disclosure bytea NOT NULL,
    reason bytea NOT NULL,
    entered_by text NOT NULL,
    entered timestamptz NOT NULL
);
CREATE INDEX ix_disclosures_case_id ON disclosures (case_id);
CREATE INDEX ix_disclosures_given_on ON disclosures (given_on, id);

CREATE TABLE disclosure_hashes (
    disclosure_id text NOT NULL REFERENCES disclosures (id),
    digest text NOT NULL,
    key_id text NOT NULL,
    kind text NOT NULL,
    normaliser integer NOT NULL,
    PRIMARY KEY (disclosure_id, digest)
);
CREATE INDEX ix_disclosure_hashes_digest ON disclosure_hashes (digest);

CREATE TABLE refusals (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    scope text NOT NULL, ground text NOT NULL, section text NOT NULL, demanded boolean NOT NULL,
    system text NOT NULL, units jsonb NOT NULL, laws jsonb NOT NULL, items integer NOT NULL,
    policy text NOT NULL, proposer text NOT NULL, confirmer text NOT NULL, decided timestamptz,
    letter text NOT NULL, recorded timestamptz NOT NULL, keep_until date NOT NULL, reasons bytea NOT NULL,
    CONSTRAINT uq_refusals UNIQUE (case_id, scope, ground, system)
);
CREATE INDEX ix_refusals_keep_until ON refusals (keep_until);

CREATE TABLE refusal_hashes (
    refusal_id text NOT NULL REFERENCES refusals (id),
    digest text NOT NULL, key_id text NOT NULL, kind text NOT NULL, normaliser integer NOT NULL,
    PRIMARY KEY (refusal_id, digest)
);
CREATE INDEX ix_refusal_hashes_digest ON refusal_hashes (digest);

CREATE TABLE letters (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    code text NOT NULL,
    ref text NOT NULL,
    text_sha256 text NOT NULL,
    queued timestamptz NOT NULL,
    sent timestamptz,
    CONSTRAINT uq_letters UNIQUE (case_id, code)
);

CREATE TABLE deliveries (
    id text PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    letter_id text NOT NULL REFERENCES letters (id),
    address_hash text NOT NULL,
    address bytea NOT NULL,
    proved integer NOT NULL,
    documents jsonb NOT NULL,
    token_hash text NOT NULL UNIQUE,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    opened integer NOT NULL,
    fetched integer NOT NULL,
    revoked timestamptz,
    revoked_by text,
    revoked_why bytea
);
CREATE INDEX ix_deliveries_case ON deliveries (case_id, address_hash);
CREATE INDEX ix_deliveries_letter_id ON deliveries (letter_id);

CREATE TABLE delivery_codes (
    id bigserial PRIMARY KEY,
    delivery_id text NOT NULL REFERENCES deliveries (id),
    code_hash text NOT NULL,
    attempts integer NOT NULL,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    session_hash text UNIQUE,
    session_ends timestamptz
);
CREATE INDEX ix_delivery_codes_delivery_id ON delivery_codes (delivery_id);

CREATE TABLE bundles (
    id bigserial PRIMARY KEY,
    case_id text NOT NULL REFERENCES cases (id),
    ref text NOT NULL,
    sha256 text NOT NULL,
    size bigint NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_bundles_case_id ON bundles (case_id);

CREATE TABLE hold_orders (
    id text PRIMARY KEY,
    case_id text REFERENCES cases (id),
    kind text NOT NULL,
    units jsonb NOT NULL,
    order_ref bytea NOT NULL,
    reason bytea NOT NULL,
    placed_by text NOT NULL,
    placed timestamptz NOT NULL,
    released_by text,
    released_why bytea,
    released timestamptz
);
CREATE INDEX ix_hold_orders_case_id ON hold_orders (case_id);

CREATE TABLE staff (
    id text PRIMARY KEY,
    role text NOT NULL,
    name bytea NOT NULL,
    credential text NOT NULL,
    added timestamptz NOT NULL,
    disabled timestamptz
);

CREATE TABLE events (
    seq bigint PRIMARY KEY,
    case_id text,
    case_seq integer,
    at timestamptz NOT NULL,
    event text NOT NULL,
    actor text NOT NULL,
    facts jsonb NOT NULL,
    version integer NOT NULL,
    canonical bytea NOT NULL,
    leaf bytea NOT NULL,
    chain bytea NOT NULL,
    CONSTRAINT uq_events_case UNIQUE (case_id, case_seq),
    CONSTRAINT ck_events_case CHECK ((case_id IS NULL) = (case_seq IS NULL))
);
"""

# Even the owner's careless hand is stopped: whoever means to change the past must first say so by
# dropping the trigger, and `audit verify` still names the link that they broke.
_GUARD = """
CREATE FUNCTION events_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit chain only grows' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_only_grow();
"""

_APPEND = "SELECT, INSERT"
_GRANTS = {
    "alembic_version": "SELECT",
    "reference_counters": "SELECT, INSERT, UPDATE",
    "requests": _APPEND,
    "cases": _APPEND + ", UPDATE (state, ending, terms_version, started, begun, closed, proofs_since)",
    "links": _APPEND + ", UPDATE (actor, reason, at, undone)",
    "amendments": _APPEND + ", UPDATE (applied, dropped)",
    "terms": _APPEND + ", UPDATE (heard)",
    "stops": _APPEND,
    "parkings": _APPEND + ", UPDATE (step, code, repaired, repaired_by, ground, reason, hand)",
    "tasks": _APPEND + ", UPDATE (hand, closed, closed_by, undone, reason)",
    "vault": _APPEND
    + ", UPDATE (changes, replies, silent, agent, authority, found, candidates, chosen, chosen_by, chosen_why)",
    "identifier_hashes": _APPEND,
    "challenges": _APPEND + ", UPDATE (attempts, sent, answered)",
    "verifications": _APPEND,
    "plans": _APPEND,
    "plan_items": _APPEND + ", UPDATE (achieved, stayed)",
    "decisions": _APPEND + ", UPDATE (confirmer, confirmed_why, completed, voided)",
    "intents": _APPEND,
    "receipts": _APPEND,
    "findings": _APPEND,
    "obligations": _APPEND + ", UPDATE (due_on, met)",
    "obligation_items": _APPEND + ", UPDATE (gone)",
    "blocks": _APPEND + ", UPDATE (item, stood, ground, placed, leaving, free, lifted)",
    "disclosures": _APPEND,
    "disclosure_hashes": _APPEND,
    "refusals": _APPEND,
    "refusal_hashes": _APPEND,
    "letters": _APPEND + ", UPDATE (sent)",
    "deliveries": _APPEND + ", UPDATE (sent, opened, fetched, revoked, revoked_by, revoked_why)",
    "delivery_codes": _APPEND + ", UPDATE (attempts, sent, session_hash, session_ends)",
    "bundles": _APPEND,
    "hold_orders": _APPEND + ", UPDATE (released_by, released_why, released)",
    "staff": _APPEND + ", UPDATE (credential, disabled)",
    "events": _APPEND,
}


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_GUARD)
    role = _quoted(context.config.attributes["app_role"])
    for table, rights in _GRANTS.items():
        op.execute(f"GRANT {rights} ON {table} TO {role}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")


def downgrade() -> None:
    role = _quoted(context.config.attributes["app_role"])
    op.execute(f"REVOKE ALL ON alembic_version FROM {role}")
    for table in reversed(list(_GRANTS)[1:]):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION events_only_grow()")


def _quoted(role: str) -> str:
    return postgresql.dialect().identifier_preparer.quote_identifier(role)  # type: ignore[no-untyped-call]
