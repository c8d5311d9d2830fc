"""The package itself, written once from front to back: tables, chain, statistics, verifier, report, signed manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from domain.documents import Files
from domain.errors import BadInput, KeyShredded, NotFound
from domain.inspected import SECTIONS
from domain.inspection import Export, Head, Inspection, Order, PublishedHead, Signing, Snapshot
from domain.timestamps import TimeAuthority
from exports import words
from exports.bundle import Package
from exports.inspection import chain, report, tables
from exports.inspection.about import CATALOGUE, about
from exports.inspection.linked import Linked
from exports.inspection.seal import Seal
from exports.inspection.statistics import Statistics
from exports.inspection.tables import Written
from exports.spool import Spool
from policy.model import Policy

VERIFIER = Path(__file__).parents[1] / "verifier" / "sitthi_verify.py"
SCHEMAS = Path(__file__).parents[1] / "schema"
_FORMAT, _VERSION = "sitthi-audit", 1
_COPY = 1 << 20
_SCHEMAS = ("manifest", "signature", "about", "statistics", "linked", "proof", "event")


@dataclass(frozen=True)
class Signer:
    """The member of staff who signs for the company."""

    id: str
    name: str
    role: str


@dataclass(frozen=True)
class Commission:
    """What one export is made from, besides the register: who signs, on which order, with what enclosed.

    `enclosures` are files by kind (`about.KINDS`); `published` are heads that the package is to prove it grew from.
    """

    export: Export
    signer: Signer
    made: datetime
    order: Order | None = None
    enclosures: Sequence[tuple[str, Path]] = ()
    published: Sequence[PublishedHead] = ()


class Issued(NamedTuple):
    """The head of the chain that a package stands on, and what became of its timestamp (`Made.timestamp`)."""

    head: Head
    timestamp: str


class AuditPackages:
    """Writes packages; memory does not grow with the register. `authority` stamps the time of their signatures."""

    def __init__(
        self,
        inspection: Inspection,
        policy: Policy,
        signing: Signing,
        files: Files,
        authority: TimeAuthority | None = None,
    ) -> None:
        self._inspection = inspection
        self._policy = policy
        self._signing, self._authority = signing, authority
        self._files = files
        self._shared = words.load()
        self._words = words.load(CATALOGUE)

    def write(self, commission: Commission, out: BinaryIO) -> Issued:
        """Write the package to `out`. A time authority that is away leaves it without a timestamp, which it tells.

        Raises:
            Unavailable: the register cannot be reached.
            BadInput: an enclosed file cannot be read.
        """
        manifest, seal = self._manifest(commission), Seal(self._signing, self._authority)
        with (
            self._inspection.open(commission.export.scope) as snapshot,
            Package(out, manifest, seal.over) as package,
        ):
            written, statistics = self._tables(package, snapshot, commission.export)
            head, proof, events = chain.write(package, snapshot, commission.published)
            _add(package, "chain/proof.json", proof)
            if commission.export.scope.full:
                self._letters(package, snapshot)
            enclosed = _enclose(package, commission)
            own = about(self._policy, commission.export.scope, self._words, enclosed)
            _add(package, "data/statistics.json", statistics)
            _add(package, "data/about.json", own)
            for name in _SCHEMAS:
                package.add(
                    f"schema/{name}.schema.json", (SCHEMAS / f"audit-{name}.schema.json").read_bytes()
                )
            verifier = VERIFIER.read_bytes()
            package.add("sitthi_verify.py", verifier)
            manifest["head"] = head.model_dump()
            manifest["counts"] = {each.section.name: each.count for each in written} | {"events": events}
            manifest["verifier_sha256"] = hashlib.sha256(verifier).hexdigest()
            contents = report.Contents(manifest, written, statistics, own, package.files)
            package.add("report.pdf", report.write(contents, self._policy, self._shared, self._words))
        return Issued(head, seal.timestamp)

    def _tables(
        self, package: Package, snapshot: Snapshot, export: Export
    ) -> tuple[list[Written], dict[str, Any]]:
        written, statistics = [], Statistics()
        with Spool() as spool:
            linked = Linked(spool, self._policy)
            for section in SECTIONS:
                if section.personal and not export.scope.full:
                    continue
                rows = snapshot.rows(section)
                if section.name == "cases":
                    rows = statistics.watch(rows)
                rows = linked.watch(section.name, rows)
                written.append(tables.write(package, section, rows))
            with package.file("data/register.jsonld") as out:
                for chunk in linked.chunks():
                    out.write(chunk)
        return written, statistics.told()

    def _letters(self, package: Package, snapshot: Snapshot) -> None:
        """The letters themselves, as they were kept; one whose key is gone was destroyed with its case."""
        for reference, case, ref in snapshot.letters():
            try:
                with self._files.read(case, ref) as source:
                    content = source.read()
            except (KeyShredded, NotFound):
                continue
            package.add(f"letters/{reference}/{Path(ref).name}", content)

    def _manifest(self, commission: Commission) -> dict[str, Any]:
        export, scope = commission.export, commission.export.scope
        order = commission.order
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "export": export.id,
            "serial": export.serial,
            "made": commission.made.isoformat().replace("+00:00", "Z"),
            "mode": "full" if scope.full else "minimised",
            "scope": {
                "since": scope.since.isoformat(),
                "until": scope.until.isoformat(),
                "chosen": scope.chosen,
                "subject": scope.subject,
                "cases": len(scope.cases),
            },
            "controller": {"th": self._policy.company.name.th, "en": self._policy.company.name.en},
            "signer": {
                "id": commission.signer.id,
                "name": commission.signer.name,
                "role": commission.signer.role,
            },
            "approved_by": export.approved_by,
            "order": {"number": order.ref, "sha256": hashlib.sha256(order.scan).hexdigest()}
            if order
            else None,
            "policy": self._policy.version,
            "key": self._signing.public(),
            "timestamp": self._authority.name if self._authority else None,
        }


def _enclose(package: Package, commission: Commission) -> list[str]:
    """The order's scan and what the company encloses; gives their paths."""
    if commission.order is not None:
        package.add(f"order/order{commission.order.suffix}", commission.order.scan)
    paths = []
    for number, (kind, path) in enumerate(commission.enclosures, 1):
        name = f"enclosures/{kind}-{number}{path.suffix.lower()}"
        try:
            with path.open("rb") as source, package.file(name) as out:
                while chunk := source.read(_COPY):
                    out.write(chunk)
        except OSError:
            raise BadInput("file-unreadable", "name a file that you may read", field="--enclose") from None
        paths.append(name)
    return paths


def _add(package: Package, path: str, told: Mapping[str, Any]) -> None:
    package.add(path, json.dumps(told, ensure_ascii=False, indent=1).encode())
