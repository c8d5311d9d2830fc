"""The certificate of erasure: what is on it beyond every other document, and the same for machines inside it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.documents import CaseFile
from domain.outcomes import DESTROYING, Outcome
from exports import context
from exports.lines import REFUSED, Group
from exports.words import Words
from policy.model import Policy

FORMAT = "sitthi-certificate/1"
SCHEMA = Path(__file__).with_name("schema") / "certificate.schema.json"
INSIDE = "certificate.json"
PICTURE = "check"
_FOR_TENANTS = {"instructed", "contract_ended_on"}
"""Facts that say that the company erased as processor: on a tenant's instruction, or as its contract had ended."""


def values(file: CaseFile, words: Words, check_link: str) -> dict[str, Any]:
    """What its template is given besides `context.of`."""
    return {
        "title": words("certificate.title"),
        "for_tenant": bool(file.facts.keys() & _FOR_TENANTS),
        "ended_on": words.day(str(file.facts["contract_ended_on"]))
        if "contract_ended_on" in file.facts
        else "",
        "proof": context.proof_id(file),
        "check_link": check_link,
        "picture": f"picture:{PICTURE}",
    }


def machine(file: CaseFile, policy: Policy, check_link: str, made_at: str) -> bytes:
    """The certificate as JSON (`schema/certificate.schema.json`), with nothing that tells who the person is."""
    groups = [Group.model_validate(group) for group in file.groups]
    case, company = file.view.case, policy.company
    names = {"th": company.name.th, "en": company.name.en}
    tenant = str(file.facts.get("recipient") or "") if file.facts.keys() & _FOR_TENANTS else ""
    told = {
        "format": FORMAT,
        "proof": context.proof_id(file),
        "check": check_link,
        "reference": case.reference,
        "controller": {"th": tenant, "en": tenant} if tenant else names,
        **({"processor": names} if tenant else {}),
        "received_on": case.terms.received_on.isoformat(),
        "made_at": made_at,
        "erased_on": str(file.facts.get("erased_on") or file.facts.get("done_on") or ""),
        "erased": [_row(group, policy) for group in groups if group.outcome in DESTROYING],
        "remaining": [
            {**_row(group, policy), "ground": group.ground, "until": group.until, "rules": _rules(group)}
            for group in groups
            if group.outcome in REFUSED
        ],
        "outside": any(group.outcome is Outcome.NOT_ASKED for group in groups),
        "backups_gone_by": str(file.facts.get("backups_gone_by") or ""),
        "plan_sha256": file.plan.digest if file.plan else "",
        "receipts_sha256": str(file.facts.get("receipts") or ""),
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def code(link: str) -> Mapping[str, bytes]:
    """The address as a QR code, as `pdf.write` takes pictures; none where there is no address."""
    import segno

    if not link:
        return {}
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", xmldecl=False, nl=False)
    return {PICTURE: out.getvalue()}


def _row(group: Group, policy: Policy) -> dict[str, Any]:
    unit = policy.units.get(group.unit)
    names = {"th": unit.name.th, "en": unit.name.en} if unit else {"th": group.unit, "en": group.unit}
    return {
        "unit": group.unit,
        "name": names,
        "system": group.system,
        "records": group.count,
        "outcome": group.outcome.value,
    }


def _rules(group: Group) -> list[dict[str, str]]:
    return [{"rule": hold.rule, "last_day": hold.last_day.isoformat()} for hold in group.holds]
