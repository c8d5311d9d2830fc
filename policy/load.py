"""Load the company's policy, or refuse to start and say which line of which file is wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from domain.calendar import Calendar
from domain.errors import PolicyInvalid
from policy import gaps, law, rules
from policy.files import CalendarFile, CompanyEntry, CompanyFile
from policy.gaps import read_signatures, versions
from policy.model import Company, Officer, Policy
from policy.rules import label
from policy.yaml_lines import Document, read_yaml

SHIPPED = Path(__file__).parent
"""The policy that comes with the engine: this company's."""

FILES = ("company", "deadlines", "holds", "recipients", "units", "record", "grounds", "counsel", "calendar")


def load_policy(directory: Path = SHIPPED, overlay: Path | None = None) -> Policy:
    """The policy of a directory; a file of the same name in `overlay` stands in the place of its own.

    Its version is the one declared and a hash of the content, so that no two policies share one. The law's own
    numbers are always the engine's (law.yaml beside this module), whatever the directory.

    Raises:
        PolicyInvalid: a file is missing, does not fit its schema, or contradicts itself or another; facts
            name file, line and field, `mend` the way out.
    """
    documents = _documents(directory, overlay)
    company = documents["company"].read(CompanyFile)
    calendar_file, calendar = _calendar(documents["calendar"])
    grounds = rules.read_grounds(documents["grounds"])
    bases, holds, books = rules.read_holds(documents["holds"], grounds)
    recipients = rules.read_recipients(documents["recipients"])
    deadlines = rules.read_deadlines(documents["deadlines"])
    demands = law.read_law(read_yaml(SHIPPED / "law.yaml"))
    law.check_holds(documents["holds"], holds, demands)
    law.check_deadlines(documents["deadlines"], deadlines, demands)
    record = rules.read_record(documents["record"])
    units = rules.read_units(documents["units"], holds, recipients)
    open_points = gaps.find(documents, read_signatures(directory))
    return rules.signed(
        Policy(
            version=f"{company.policy_version}+{_digest(*documents.values())}",
            company=_company(company.company),
            deadlines=deadlines,
            holds=holds,
            bases=bases,
            units=units,
            recipients=recipients,
            grounds=grounds,
            books=books,
            calendar=calendar,
            holidays_announced_to=calendar_file.announced_to,
            challenge_hours=company.challenge.hours,
            challenge_attempts=company.challenge.attempts,
            delivery_days=company.delivery.days,
            backup_days=company.backups.days,
            review_days=company.restriction.review_days,
            lift_notice_days=company.restriction.lift_notice_days,
            refusal_years=company.refusals.keep_years,
            sweep_ceiling=company.sweep.ceiling,
            notice_days=company.agreement.notice_days,
            erase_days=company.agreement.erase_days,
            floors=demands.floors,
            ceilings=demands.ceilings,
            at_once=demands.at_once,
            record=record,
            gaps=open_points,
            entries=versions(documents),
        )
    )


def _company(told: CompanyEntry) -> Company:
    officer = Officer(
        name=label(told.officer.name),
        email=told.officer.email,
        phone=told.officer.phone,
        address=label(told.officer.address),
    )
    return Company(name=label(told.name), address=label(told.address), officer=officer)


def _documents(directory: Path, overlay: Path | None) -> dict[str, Document]:
    found = {name: directory / f"{name}.yaml" for name in FILES}
    if overlay is not None:
        if not overlay.is_dir():
            raise PolicyInvalid("folder-missing", "put it there", file=overlay.name, line=0, field="file")
        for path in sorted(overlay.glob("*.yaml")):
            if path.stem not in FILES:
                mend = f"an overlay may hold {', '.join(FILES)}"
                raise PolicyInvalid("file-unknown", mend, file=path.name, line=0, field="file")
            found[path.stem] = path
    return {name: read_yaml(path) for name, path in found.items()}


def _digest(*documents: Document) -> str:
    content = {document.name: document.data for document in documents}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def _calendar(document: Document) -> tuple[CalendarFile, Calendar]:
    file = document.read(CalendarFile)
    years = {day.year for day in file.holidays}
    for day in file.holidays:
        if not file.first_year <= day.year <= file.last_year:
            raise document.error(
                "year-not-declared", "widen first_year or last_year", "holidays", day.isoformat()
            )
    for year in range(file.first_year, file.last_year + 1):
        if year not in years:
            raise document.error("year-without-holidays", f"add those of {year}", "holidays")
    calendar = Calendar(version=f"{file.version}+{_digest(document)}", holidays=frozenset(file.holidays))
    return file, calendar
