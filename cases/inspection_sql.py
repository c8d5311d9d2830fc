# ruff: noqa: S608 - statements are put together of our own words; what is asked for travels as parameters
"""The statements that read the tables of the audit export (`domain.inspected`), their columns in that order.

`{within}` is the scope over a case `c`. Every instant and day stands in the chain's order or the case's.
"""

from __future__ import annotations

WITHIN = """c.opened < %(until)s AND (c.closed IS NULL OR c.closed >= %(since)s)
    AND (NOT %(chosen)s OR c.id = ANY(%(cases)s::text[]))"""

_T = "t.terms"
_BANGKOK = "AT TIME ZONE 'Asia/Bangkok'"
_TERMS = "JOIN terms t ON t.case_id = c.id AND t.version = c.terms_version"


def _of(table: str, columns: str, order: str, where: str = "", more: str = "") -> str:
    """Rows `r` of a table that belongs to cases, case by case; `more` joins what stands beside them."""
    narrowed = f" AND {where}" if where else ""
    return (
        f"SELECT {columns} FROM {table} r JOIN cases c ON c.id = r.case_id {more} "
        f"WHERE {WITHIN}{narrowed} ORDER BY c.reference, {order}"
    )


_UNITS = f"""
SELECT c.reference, u.version, u.system, u.unit, u.role, u.basis, u.planned, u.ground, u.holds, u.until,
       sum(u.records)::int, jsonb_object_agg(coalesce(u.achieved, 'pending'), u.records)
FROM (
    SELECT r.case_id, r.version, r.system, r.unit, r.role, r.basis, r.planned, r.ground, r.until, r.achieved,
           ARRAY(SELECT h ->> 'rule' FROM jsonb_array_elements(r.holds) h) AS holds, count(*)::int AS records
    FROM plan_items r JOIN cases c ON c.id = r.case_id WHERE {WITHIN}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
) u JOIN cases c ON c.id = u.case_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""

STATEMENTS = {
    "requests": f"""
        SELECT q.id, q.received, q.channel, q.language, q.actor, q.opened, count(*)::int
        FROM requests q JOIN cases c ON c.request_id = q.id WHERE {WITHIN}
        GROUP BY q.id ORDER BY min(c.reference)""",
    "cases": f"""
        SELECT c.reference, c.id, c.request_id, c."right", CASE c.tenant WHEN '' THEN 'company' ELSE 'tenant' END,
               c.state, c.ending, ({_T} ->> 'received_on')::date, c.opened, c.started, c.begun, c.closed,
               ({_T} ->> 'verify_by')::timestamptz, ({_T} ->> 'decide_by')::date, ({_T} ->> 'target')::date,
               ({_T} ->> 'strict')::date, ({_T} ->> 'rolled')::date, ({_T} ->> 'due')::timestamptz,
               {_T} ->> 'authority', {_T} ->> 'reference', {_T} ->> 'policy', {_T} ->> 'calendar', c.terms_version,
               (c.closed {_BANGKOK})::date - ({_T} ->> 'received_on')::date,
               ({_T} ->> 'strict')::date - ({_T} ->> 'received_on')::date,
               c.closed <= ({_T} ->> 'due')::timestamptz
        FROM cases c {_TERMS} WHERE {WITHIN} ORDER BY c.reference""",
    "terms": _of(
        "terms",
        "c.reference, r.version, (r.terms ->> 'strict')::date, (r.terms ->> 'rolled')::date, "
        "(r.terms ->> 'target')::date, (r.terms ->> 'decide_by')::date, r.terms ->> 'reference', "
        "r.terms ->> 'calendar', r.actor, r.at",
        "r.version",
    ),
    "identity": f"""
        SELECT i.* FROM (
            SELECT c.reference, 'email-code' AS method, CASE WHEN r.answered IS NULL THEN 'not-shown' ELSE 'shown' END,
                   'person' AS by, r.sent AS asked, r.answered AS at
            FROM challenges r JOIN cases c ON c.id = r.case_id WHERE {WITHIN}
            UNION ALL
            SELECT c.reference, r.method, 'shown', r.actor, NULL, r.at
            FROM verifications r JOIN cases c ON c.id = r.case_id WHERE {WITHIN}
        ) i ORDER BY i.reference, coalesce(i.asked, i.at), i.method""",
    "searches": _of(
        "findings",
        "c.reference, r.system, (r.finding ->> 'count')::int, (r.finding ->> 'identifiers')::int, "
        "r.finding ->> 'digest', r.at",
        "r.id",
        "r.kind = 'located'",
    ),
    "proofs": _of(
        "findings",
        "c.reference, r.system, r.finding ->> 'proof', (r.finding ->> 'left')::int, "
        "(r.finding ->> 'leftover')::int, r.at",
        "r.id",
        "r.kind = 'proved'",
    ),
    "decisions": _of(
        "decisions",
        "c.reference, r.id, r.version, r.digest, r.approved = 1, r.ground, r.proposer, r.confirmer, r.proposed, "
        "r.completed, r.voided",
        "r.proposed, r.id",
    ),
    "units": _UNITS,
    "refusals": _of(
        "refusals",
        "c.reference, r.id, r.scope, r.ground, r.section, r.demanded, r.system, r.units, r.laws, r.items, r.policy, "
        "r.proposer, r.confirmer, r.decided, r.letter, r.recorded, r.keep_until",
        "r.recorded, r.id",
    ),
    "holds": f"""
        SELECT r.id, c.reference, r.kind, r.units, r.placed_by, r.placed, r.released_by, r.released
        FROM hold_orders r LEFT JOIN cases c ON c.id = r.case_id
        WHERE (r.case_id IS NULL OR ({WITHIN})) AND r.placed < %(until)s
          AND (r.released IS NULL OR r.released >= %(since)s)
        ORDER BY r.placed, r.id""",
    "left_out": _of(
        "parkings",
        "c.reference, r.system, r.step, r.code, r.since, coalesce(r.ground, s.code), s.actor, s.confirmer, "
        "s.completed, r.repaired_by, r.repaired",
        "r.id",
        more="LEFT JOIN seconded s ON s.case_id = r.case_id AND s.about = 'skip:' || r.id "
        "AND s.completed IS NOT NULL",
    ),
    # What one officer may say alone nobody proposed: it was decided at once.
    "stops": _of(
        "stops",
        "c.reference, nullif(r.mistake, ''), nullif(r.ground, ''), "
        "CASE WHEN r.completed IS NULL OR r.confirmer <> '' THEN r.actor END, "
        "CASE WHEN r.completed IS NULL OR r.confirmer <> '' THEN r.at END, "
        "CASE WHEN r.completed IS NOT NULL THEN coalesce(nullif(r.confirmer, ''), r.actor) END, r.completed",
        "r.no",
    ),
    "deaths": _of(
        "seconded",
        "c.reference, r.code, r.actor, r.at, nullif(r.confirmer, ''), r.completed",
        "r.no",
        "r.about = 'death'",
    ),
    "merges": _of(
        "links",
        "c.reference, o.reference, r.actor, r.at, r.undone",
        "r.at, o.reference",
        "r.relation = 'merged'",
        more="JOIN cases o ON o.id = r.other_id",
    ),
    "instructions": _of(
        "instructions",
        "r.id, c.reference, r.told, r.source, r.actor, r.given, o.reference",
        "r.given, r.id",
        more="LEFT JOIN cases o ON o.id = r.opened",
    ),
    "errands": _of(
        "errands",
        "c.reference, r.system, r.asks, r.due_on, r.asked, r.overdue, r.answered, r.answered_by",
        "r.id",
    ),
    "recipients": _of(
        "recipients",
        "c.reference, r.recipient, r.by_day, r.told, r.said, r.files, r.answered, r.answered_by",
        "r.told, r.recipient",
    ),
    "suppressions": f"""
        SELECT c.reference, r.why, array_remove(array_agg(DISTINCT r.purpose), ''), count(*)::int,
               r.entered, r.lifted, r.lifted_by
        FROM suppressions r JOIN cases c ON c.id = r.case_id WHERE {WITHIN}
        GROUP BY 1, 2, 5, 6, 7 ORDER BY 1, 5, 2""",
    "effects": _of("receipts", "c.reference, r.key, r.system, r.verb, r.achieved, r.at", "r.at, r.key"),
    "obligations": _of(
        "obligations",
        "r.id, c.reference, r.kind, r.system, r.code, r.due_on, r.items, r.owed, r.met",
        "r.owed, r.id",
    ),
    "letters": _of(
        "letters",
        "r.id, c.reference, c.id, r.code, r.text_sha256, r.queued, r.sent",
        "r.queued, r.code",
    ),
    "deliveries": _of(
        "deliveries",
        "r.id, coalesce(r.letter_id, ''), c.reference, jsonb_array_length(r.documents), r.proved = 1, r.made, r.sent, r.opened, "
        "r.fetched, r.expires, r.revoked, f.fate, f.at",
        "r.made, r.id",
        more="LEFT JOIN (SELECT DISTINCT ON (delivery_id) delivery_id, fate, at FROM delivery_fates "
        "ORDER BY delivery_id, at DESC, event) f ON f.delivery_id = r.id",
    ),
    "fates": _of(
        "deliveries",
        "r.id, c.reference, f.fate, f.at, f.noted",
        "f.noted, f.event",
        more="JOIN delivery_fates f ON f.delivery_id = r.id",
    ),
    "posts": _of(
        "posts",
        "r.letter_id, c.reference, l.code, r.posted_on, r.by, r.at",
        "r.at, r.letter_id",
        more="JOIN letters l ON l.id = r.letter_id",
    ),
    "disclosures": """
        SELECT r.id, c.reference, r.given_on, r.secret_until, r.entered_by, r.entered
        FROM disclosures r LEFT JOIN cases c ON c.id = r.case_id
        WHERE CASE WHEN %(chosen)s THEN r.case_id = ANY(%(cases)s::text[])
                   ELSE r.given_on BETWEEN %(since_day)s AND %(until_day)s END
        ORDER BY r.given_on, r.id""",
    "access": """
        SELECT e.seq, c.reference, e.at, e.event, e.actor, e.facts ->> 'command', e.facts ->> 'reason_code',
               e.facts ->> 'sha256'
        FROM events e LEFT JOIN cases c ON c.id = e.case_id
        WHERE e.event = ANY(%(access)s::text[])
          AND CASE WHEN %(chosen)s THEN e.case_id = ANY(%(cases)s::text[])
                   ELSE e.at >= %(since)s AND e.at < %(until)s END
        ORDER BY e.seq""",
    "exports": """
        SELECT x.id, x.serial, CASE WHEN (x.scope ->> 'full')::boolean THEN 'full' ELSE 'minimised' END,
               (x.scope ->> 'since')::date, (x.scope ->> 'until')::date, jsonb_array_length(x.scope -> 'cases'),
               x.asked_by, x.asked, x.approved_by, x.approved, x.made, x.sha256, x.timestamp
        FROM audit_exports x ORDER BY x.serial NULLS LAST, x.asked, x.id""",
    "persons": _of("vault", "c.reference, c.id, r.name, r.message, r.given", "c.id"),
    "refusal_reasons": _of("refusals", "r.id, c.reference, r.reasons", "r.recorded, r.id"),
    "disclosed": """
        SELECT r.id, r.disclosure FROM disclosures r
        WHERE CASE WHEN %(chosen)s THEN r.case_id = ANY(%(cases)s::text[])
                   ELSE r.given_on BETWEEN %(since_day)s AND %(until_day)s END
        ORDER BY r.given_on, r.id""",
    "orders": f"""
        SELECT r.id, c.reference, r.order_ref, r.reason FROM hold_orders r LEFT JOIN cases c ON c.id = r.case_id
        WHERE (r.case_id IS NULL OR ({WITHIN})) AND r.placed < %(until)s
          AND (r.released IS NULL OR r.released >= %(since)s)
        ORDER BY r.placed, r.id""",
}
"""By section. Of personal sections the sealed columns come as they rest; `cases.inspection` opens them."""

SEGMENT = """
SELECT min(seq), max(seq) FROM events WHERE at >= %(since)s AND at < %(until)s
"""
EVENTS = "SELECT seq, canonical, chain FROM events WHERE seq BETWEEN %(first)s AND %(last)s ORDER BY seq"
EVENTS_OF_CASES = """
SELECT seq, canonical, chain FROM events WHERE case_id = ANY(%(cases)s::text[]) ORDER BY seq
"""
LETTERS = _of("letters", "c.reference, c.id, r.ref", "r.queued, r.code")
LEAVES = "SELECT leaf FROM events ORDER BY seq"
END = "SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1"
CHAINS = "SELECT seq, chain FROM events WHERE seq = ANY(%(counts)s::bigint[])"
