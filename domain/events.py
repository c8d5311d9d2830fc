"""The vocabulary of the audit chain: `subject:what-happened`. Facts beside it are never personal data."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Everything that is told. A name, once used, keeps its meaning for ever."""

    REQUEST_RECEIVED = "request:received"
    CASE_OPENED = "case:opened"
    CASE_STARTED = "case:started"
    CASE_START_RECOVERED = "case:start-recovered"
    CASE_ENTERED = "case:entered"
    CASE_CLOSED = "case:closed"
    CASE_CANCELLED = "case:cancelled"
    TERMS_SET = "terms:set"
    TERMS_RETIMED = "terms:retimed"
    DEADLINE_NEAR = "deadline:near"
    DEADLINE_MISSED = "deadline:missed"

    PERSON_RESOLVED = "person:resolved"
    PERSON_CHOSEN = "person:chosen"
    CHALLENGE_SENT = "identity:challenge-sent"
    CHALLENGE_FAILED = "identity:challenge-failed"
    IDENTITY_PROVED = "identity:proved"
    IDENTITY_RECORDED = "identity:recorded"

    SYSTEM_LOCATED = "system:located"
    SYSTEM_PARKED = "system:parked"
    SYSTEM_REPAIRED = "system:repaired"
    SYSTEM_PROVED = "system:proved"

    PLAN_MADE = "plan:made"
    DECISION_PROPOSED = "decision:proposed"
    DECISION_CONFIRMED = "decision:confirmed"
    DECISION_VOIDED = "decision:voided"
    COOLING_STARTED = "cooling:started"
    COOLING_CUT_SHORT = "cooling:cut-short"
    CALLED_OFF = "cooling:called-off"

    EFFECT_INTENDED = "effect:intended"
    EFFECT_DONE = "effect:done"
    EFFECT_HELD_BACK = "effect:held-back"

    HOLD_PLACED = "hold:placed"
    HOLD_RELEASED = "hold:released"
    OBLIGATION_OWED = "obligation:owed"
    OBLIGATION_MET = "obligation:met"
    TASK_OPENED = "task:opened"
    TASK_CLOSED = "task:closed"

    LETTER_QUEUED = "letter:queued"
    LETTER_SENT = "letter:sent"
    BUNDLE_SEALED = "bundle:sealed"
    BUNDLE_EXPORTED = "bundle:exported"
    DELIVERY_LINK_SENT = "delivery:link-sent"
    DELIVERY_CODE_SENT = "delivery:code-sent"
    DELIVERY_CODE_FAILED = "delivery:code-failed"
    DELIVERY_OPENED = "delivery:opened"
    DELIVERY_FETCHED = "delivery:fetched"
    DELIVERY_REVOKED = "delivery:revoked"

    STAFF_ADDED = "staff:added"
    STAFF_DISABLED = "staff:disabled"
    STAFF_LOOKED = "staff:looked"
    STAFF_REFUSED = "staff:refused"
    KEY_CREATED = "key:created"
    KEY_SHREDDED = "key:shredded"
    HISTORY_DECODED = "history:decoded"
    POLICY_LOADED = "policy:loaded"
