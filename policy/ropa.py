"""The record of processing (บันทึกรายการ, s.39 ¶1), put together from the policy: one part a number of the section."""

from __future__ import annotations

from typing import Any

from domain.item import Label, Role
from policy.model import Policy, Unit


def record_of_processing(policy: Policy) -> dict[str, Any]:
    """The record, by the numbers of s.39 ¶1, both languages; the refusals themselves (7) stand in the register."""
    company = policy.company
    return {
        "policy": policy.version,
        "controller": {  # (3)
            "name": _both(company.name),
            "address": _both(company.address),
            "officer": {
                "name": _both(company.officer.name),
                "email": company.officer.email,
                "phone": company.officer.phone,
                "address": _both(company.officer.address),
            },
        },
        "categories": [_category(policy, unit) for unit in policy.units.values()],  # (1), (2), (4)
        "rights": _both(policy.record.rights),  # (5)
        "access": _both(policy.record.access),  # (5)
        "disclosure": _both(policy.record.disclosure),  # (6)
        "refusals": _both(policy.record.refusals),  # (7)
        "security": _both(policy.record.security),  # (8)
        "unsigned": list(policy.unsigned),
    }


def _category(policy: Policy, unit: Unit) -> dict[str, Any]:
    recipients = (policy.recipients[code] for code in unit.recipients)
    return {
        "code": unit.code,
        "name": _both(unit.name),
        "data": _both(unit.data),
        "purpose": _both(unit.purpose),
        "role": unit.role.value,
        "bases": [basis.value for basis in unit.bases],
        "without_consent": unit.role is Role.CONTROLLER and any(basis != "consent" for basis in unit.bases),
        "retention": _both(unit.retention),
        "limits": [
            {"since": limit.since.value, "period": str(limit.period), "disputed": str(limit.disputed or "")}
            for limit in unit.kept.limits
        ],
        "source": {"reference": unit.kept.reference, "evidence": unit.kept.evidence.value},
        "holds": list(unit.holds),
        "recipients": [{"name": each.name, "countries": list(each.countries)} for each in recipients],
        "proposed": [
            field for field in unit.proposed_fields if f"units.{unit.code}.{field}" in policy.unsigned
        ],
        "version": policy.entries[f"units.{unit.code}"],
    }


def _both(label: Label) -> dict[str, str]:
    return {"th": label.th, "en": label.en}
