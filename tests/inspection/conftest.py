"""A register in which every word about people is a mark, and packages made of it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from activities.publish import Publish
from connectors.heads import DirectoryHeads, name_of
from domain.aftermath import Disclosure, Owed
from domain.assurance import Method
from domain.case import Located, Proof, Proved
from domain.delivery import Fate, Link, Notice, mark_of
from domain.identifiers import IdentifierKind, identifier
from domain.inspection import Made, Order, Scope
from domain.outcomes import Ending, Outcome
from domain.ports import Proposal
from domain.refusals import Refused
from domain.refusals import Scope as Much
from domain.rights import Right
from domain.states import State
from exports.inspection.package import AuditPackages, Commission, Signer
from security.case_files import CaseFiles
from security.files import SealedFiles
from security.signing import EngineSigning
from tests.cases.conftest import House, keys_database, make_house, ring, store
from tests.cases.samples import hold, leave_out, planned
from tests.cases.test_deliveries import linked
from tests.cases.test_effects import FORESEEN, erasing, receipt
from tests.support.marked import DIGITS, LATIN, THAI

__all__ = ["keys_database", "make_house", "ring", "store"]

NAME, WORDS = f"{THAI} {LATIN}", f"{LATIN} {THAI}"
EMAIL, PHONE = f"{LATIN}@{LATIN}.example", f"0{DIGITS}11"
TRACKING = f"EE{DIGITS}99TH"
DAYS = {"since": date(2026, 11, 1), "until": date(2026, 12, 31)}
_TO_DECIDING = (State.RESOLVING, State.VERIFYING, State.LOCATING, State.PLANNING, State.DECIDING)
_TO_THE_END = (State.FULFILLING, State.PROVING, State.ANSWERING)


@dataclass
class Site:
    """A register, what makes packages of it, and a directory of published heads."""

    house: House
    packages: AuditPackages
    publish: Publish
    shelf: DirectoryHeads
    home: Path
    officer: str
    approver: str
    files: CaseFiles
    cases: dict[str, str] = field(default_factory=dict)

    def head(self, name: str = "") -> Path:
        """Publish the head as it is now; its file."""
        head, _ = self.publish.publish()
        return self.home / "heads" / (name or name_of(head))

    def export(self, name: str, *, order: Order | None = None, **scope: Any) -> Path:
        """Ask for, approve where that is needed, and make a package."""
        asked = Scope.model_validate({**DAYS, "full": order is not None, **scope})
        room = self.house.room
        export = room.exports.ask(asked, actor=self.officer, reason_code="PDPC-7", order=order)
        if order is not None:
            room.exports.approve(export.id, actor=self.approver)
        export = room.exports.begin(export.id, actor=self.officer)
        signer = Signer(self.officer, "นางสาวสุดา ตรวจดี", "officer")
        commission = Commission(
            export, signer, self.house.clock.now(), order=order, published=self.shelf.heads()
        )
        path = self.home / name
        with path.open("wb") as out:
            issued = self.packages.write(commission, out)
        made = Made("ab" * 32, path.stat().st_size, issued.head, issued.timestamp)
        room.exports.made(export.id, made, actor=self.officer)
        return path

    def remade(self, path: Path, name: str, **changed: bytes | None) -> Path:
        """A copy with some entries changed or (None) taken out, its manifest true to them and signed anew by us.

        So an insider may do who holds the key: what is then still caught is caught by the chain.
        """
        return remade(path, self.home / name, EngineSigning(self.house.ring), changed)


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {entry: package.read(entry) for entry in package.namelist()}


def rows(path: Path, section: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read(path)[f"data/{section}.jsonl"].splitlines()]


def write(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in content.items():
            package.writestr(name, data)
    return path


def remade(path: Path, to: Path, signing: EngineSigning, changed: dict[str, bytes | None]) -> Path:
    content = {**read(path), **{name: data for name, data in changed.items() if data is not None}}
    content = {name: data for name, data in content.items() if changed.get(name, b"") is not None}
    told = json.loads(content["manifest.json"])
    told["files"] = [
        {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in content.items()
        if name not in {"manifest.json", "manifest.sig.json"}
    ]
    for section in told["counts"]:
        lines = content["chain/events.jsonl" if section == "events" else f"data/{section}.jsonl"]
        told["counts"][section] = lines.count(b"\n")
    told["key"] = signing.public()
    content["manifest.json"] = json.dumps(told).encode()
    signature = {
        "key": signing.public(),
        "signature": signing.sign("audit-manifest", content["manifest.json"]),
    }
    content["manifest.sig.json"] = json.dumps(signature).encode()
    return write(to, content)


def furnish(site: Site) -> None:
    """One case that went its whole way, one that was refused, one that is open: all of one marked person."""
    for name, right in (("erased", Right.ERASURE), ("refused", Right.ACCESS), ("open", Right.OBJECTION)):
        [case] = site.house.open(right, name=NAME, message=WORDS, identifiers=_known())
        site.cases[name] = case.id
    _erased(site)
    _refused(site)
    room = site.house.room
    order = room.holds.place(site.cases["open"], WORDS, actor=site.officer, reason=WORDS)
    room.holds.release(order, actor=site.approver, reason=WORDS)
    entry = Disclosure(
        id="",
        recipient=WORDS,
        power=WORDS,
        order=WORDS,
        units=("U06",),
        given_on=date(2026, 11, 20),
        by=WORDS,
    )
    room.disclosures.enter(entry, _known(), site.cases["erased"], actor=site.officer, reason=WORDS)
    room.audit.note(
        "staff:looked",
        {"actor": site.officer, "case": site.cases["open"], "command": "wish", "reason_code": "HELP-1"},
    )


def _known() -> tuple[Any, ...]:
    return identifier(IdentifierKind.EMAIL, EMAIL), identifier(IdentifierKind.PHONE, PHONE)


def _decided(site: Site, case: str, *, approved: bool) -> None:
    room = site.house.room
    challenge = room.identity.challenge(case, _known()[0])
    assert challenge is not None
    room.identity.sent(challenge.id)
    room.identity.answer(challenge.token, challenge.code)
    room.identity.record(case, Method.MASKED_DOCUMENT, actor=site.officer, reason=WORDS)
    for state in _TO_DECIDING:
        room.register.enter(case, state)
    room.findings.located(case, Located(system="crm", count=3, manifest="manifests/crm", digest="cd" * 32))
    plan = room.plans.write(case, [planned(1), planned(2), planned(3, Outcome.HOLD, holds=(hold(),))])
    ground = "" if approved else "R30-LAW"
    proposal = Proposal(
        digest=plan.digest, approved=approved, actor=site.officer, reason=WORDS, ground=ground
    )
    room.plans.propose(case, proposal, confirm=True)
    room.plans.confirm(case, actor=site.approver, reason=WORDS)


def _letter(site: Site, case: str, code: str) -> Link:
    with site.files.write(case, f"letters/{code}.pdf") as out:
        out.write(b"%PDF-1.7 " + WORDS.encode())
    digest = hashlib.sha256(f"{case}{code}".encode()).hexdigest()
    queued = site.house.room.letters.queue(case, code, f"letters/{code}.pdf", digest)
    link = linked(site.house, case, code, address=EMAIL)
    site.house.room.letters.sent(queued.id, site.house.clock.now())
    return link


def _erased(site: Site) -> None:
    room, case = site.house.room, site.cases["erased"]
    _letter(site, case, "L1")
    _decided(site, case, approved=True)
    room.register.begin(case)
    room.register.park(case, State.FULFILLING, "mail", "mail-away")
    leave_out(room.register, case, "mail", ground="R-OBSTACLE", reason=WORDS, by=site.officer)
    for state in _TO_THE_END:
        room.register.enter(case, state)
        if state is State.FULFILLING:
            room.effects.intend(erasing(case), FORESEEN)
            room.effects.done(
                receipt(erasing(case), {Outcome.ERASE: 2}), case, {1: Outcome.ERASE, 2: Outcome.ERASE}
            )
    room.findings.proved(case, Proved(system="crm", proof=Proof.CLEAN, left=1))
    room.obligations.add(case, Owed.BACKUPS, date(2027, 1, 1), system="crm")
    _came_back(site, case, _letter(site, case, "L8"))
    site.house.clock.pass_by(days=6)
    room.register.close(case, Ending.PARTIAL)


def _came_back(site: Site, case: str, link: Link) -> None:
    """A letter that bounced, and went by post."""
    fates, now = site.house.room.fates, site.house.clock.now()
    fates.take([Notice(mark=mark_of(link.dedup), event="ab" * 32, fate=Fate.BOUNCED, at=now)])
    fates.posted(case, "L8", on=date(2026, 11, 24), tracking=TRACKING, actor=site.officer)


def _refused(site: Site) -> None:
    room, case = site.house.room, site.cases["refused"]
    _decided(site, case, approved=False)
    one = Refused(
        scope=Much.WHOLE, ground="R30-LAW", section="s.30 ¶2", demanded=True, units=("U01",), items=3
    )
    room.refusals.record(case, [one], _known(), letter="L6", policy="1", keep_until=date(2036, 11, 22))
    _letter(site, case, "L6")
    room.register.enter(case, State.PROVING)
    room.register.enter(case, State.ANSWERING)
    room.register.close(case, Ending.REFUSED)


def open_site(house: House, home: Path) -> Site:
    files = CaseFiles(SealedFiles(home / "files", house.ring), house.ring)
    signing, shelf = EngineSigning(house.ring), DirectoryHeads(home / "heads")
    room = house.room
    return Site(
        house=house,
        packages=AuditPackages(room.inspection, house.policy, signing, files),
        publish=Publish(room.inspection, room.exports, signing, (shelf,), room.audit, house.clock),
        shelf=shelf,
        home=home,
        officer=room.staff.add("นางสาวสุดา ตรวจดี", "officer")[0],
        approver=room.staff.add("นายสมชาย เห็นด้วย", "approver")[0],
        files=files,
    )


@pytest.fixture(scope="session")
def site(make_house: Callable[[], House], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The furnished register, with a head published before the packages are made."""
    made = open_site(make_house(), tmp_path_factory.mktemp("inspection"))
    furnish(made)
    return made


@dataclass(frozen=True)
class Packages:
    """One head, then a package of the period, one of a case, one with everything; a later head."""

    site: Site
    early: Path
    period: Path
    case: Path
    full: Path
    late: Path


@pytest.fixture(scope="session")
def packages(site: Site) -> Packages:
    early = site.head()
    site.house.clock.pass_by(days=1)
    period = site.export("period.zip")
    case = site.export("case.zip", cases=(site.cases["erased"],))
    order = Order(ref="สคส. 99/2569", scan=b"%PDF-1.7 scanned", suffix=".pdf")
    full = site.export("full.zip", order=order)
    site.house.clock.pass_by(hours=1)
    return Packages(site, early, period, case, full, site.head())
