"""The room that makes documents: `domain.documents.Exports` on templates, WeasyPrint and zip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from domain.answer_links import ANSWER_MAIL
from domain.delivery import OPENING
from domain.documents import CaseFile, Packed, Rendered
from domain.errors import BadInput, SitthiError
from domain.identity_copies import Area
from domain.instructions import INVITATION
from domain.item import Record, Table
from domain.messages import MESSAGE_MAIL
from domain.ports import Clock
from domain.rights import Right
from exports import (
    certificate,
    context,
    csv_files,
    disclosures,
    dossier,
    identity_picture,
    json_file,
    mail,
    own,
    pdf,
    plaintext,
    portability,
    processing,
    specimen,
    summary,
    trial,
    words,
)
from exports.letters import Templates
from exports.owed import NEEDS, OWED, REPORTS, THIRD_PARTIES
from exports.signing import Signer
from exports.words import LANGUAGES, Words
from policy.model import Policy

_REFUSAL = "L6"


class Documents:
    """Letters, packages and certificates for one company.

    `templates` is a directory of the company's own templates, each in the place of ours of that name (`exports.own`);
    `thai_numerals` writes dates of Thai documents with Thai digits. `signer` signs every PDF; `portal_url` is where
    a certificate can be checked.
    """

    def __init__(
        self,
        policy: Policy,
        clock: Clock,
        *,
        templates: Path | None = None,
        thai_numerals: bool = False,
        signer: Signer | None = None,
        portal_url: str = "",
    ) -> None:
        self._policy, self._clock, self._signer, self._portal_url = policy, clock, signer, portal_url
        self._templates, self._pictures = Templates(templates), own.pictures(templates)
        self._words = words.load(thai_numerals=thai_numerals)

    def letter(self, code: str, file: CaseFile) -> Rendered:
        """A letter in the person's language.

        Raises:
            BadInput: no such letter, or a value it needs is missing; a refusal needs its ground.
            PolicyInvalid: its template is broken or leaves out a required statement; facts name both.
        """
        title, html = self._letter(code, file)
        return Rendered(subject=title, text=plaintext.plain(html), html=html, pdf=self._drawn(html))

    def preview(self, code: str, right: Right, language: str) -> Rendered:
        """A letter as the company's templates make it, on sample data that are nobody's. Raises as `letter` does."""
        return self.letter(code, self.sample(right, language))

    def sample(self, right: Right, language: str) -> CaseFile:
        """The case that previews are made of."""
        return specimen.sample(self._policy, right, self._words[language], self._clock.now())

    def mail(self, code: str, file: CaseFile) -> tuple[str, str]:
        """Subject and text of the e-mail that announces a letter, or of the one that carries a code.

        Reference and link only; for the challenge (L2) and the code to open documents (`domain.delivery`) the
        code. Raises `BadInput` for a letter that is none, or a fact that is missing.
        """
        if code not in {*OWED, OPENING, INVITATION, ANSWER_MAIL, MESSAGE_MAIL}:
            raise BadInput("unknown-letter", f"use one of {', '.join(OWED)}", letter=code)
        return mail.announce(code, self._values(file))

    def sms(self, file: CaseFile) -> str:
        """The text message that carries a code. Raises `BadInput` where the code is missing."""
        return mail.sms(self._values(file))

    def dossier(
        self,
        file: CaseFile,
        tables: Sequence[Table],
        records: Iterator[Record],
        out: BinaryIO,
        files: Iterable[Packed] = (),
    ) -> None:
        """The package, streamed to `out`: JSON, CSV, summary, schema, README and manifest.

        For portability it has the portable tables alone, and its summary says what it has not and why (s.31).

        Raises:
            BadInput: a record of a table that nobody described.
        """
        spoken, shared = self._spoken(file), self._values(file)
        case = file.view.case
        about = {
            "reference": case.reference,
            "right": case.right.value,
            "language": spoken.language,
            "received_on": case.terms.received_on.isoformat(),
            "made_at": shared["made_at"],
            "policy": self._policy.version,
        }

        portable = case.right is Right.PORTABILITY
        held = [table for table in tables if not portable or portability.is_portable(table)]
        bound = () if portable else processing.holds(file.groups)
        given = {
            **processing.told(() if portable else file.groups, self._policy, spoken),
            "disclosures": disclosures.told(file.facts, self._policy, spoken, shared["on"]),
        }

        def documents(contents: dossier.Contents) -> Mapping[str, bytes]:
            own = summary.values(contents, self._policy, spoken)
            name, title = ("portability", "portability.title") if portable else ("summary", "dossier.title")
            html = self._templates.render(f"{name}.html", {**shared, **given, **own, "title": spoken(title)})
            officer = shared["officer"]
            readme = spoken(
                "readme_portability" if portable else "readme",
                reference=shared["reference"],
                made=shared["today"].replace("\u00a0", " "),
                company=shared["company"]["name"],
                email=officer["email"],
                phone=officer["phone"],
            )
            return {
                "summary.pdf": self._drawn(html),
                "dossier.schema.json": json_file.SCHEMA.read_bytes(),
                "README.txt": (csv_files.BOM + readme.replace("\n", "\r\n")).encode(),
            }

        package = dossier.Dossier(about, held, self._policy, spoken, bound)
        package.write(records, out, documents, files)

    def identity_picture(self, picture: bytes, areas: Sequence[Area]) -> bytes:
        """A picture of an identity document, blackened (`exports.identity_picture`). Raises `BadInput`."""
        return identity_picture.blackened(picture, areas)

    def certificate(self, file: CaseFile, out: BinaryIO) -> str:
        """The certificate of erasure, as PDF with the same as JSON inside; returns its proof id."""
        shared, proof = self._values(file), context.proof_id(file)
        spoken, link = shared["words"], f"{self._portal_url}/check/{proof}" if self._portal_url else ""
        html = self._templates.render(
            "certificate.html", {**shared, **certificate.values(file, spoken, link)}
        )
        inside = pdf.Attached(
            name=certificate.INSIDE,
            content=certificate.machine(file, self._policy, link, shared["made_at"]),
            about=spoken("certificate.inside"),
            made=self._clock.now(),
        )
        out.write(self._drawn(html, [inside], certificate.code(link)))
        return proof

    def check_templates(self) -> None:
        """Refuse a template before it is used: every letter is tried in every language (`exports.trial`).

        Raises:
            PolicyInvalid: the first template that is missing, broken, replaces nothing or leaves out a required
                statement; facts name both.
            BadInput: it needs a value that not every case has.
        """
        for fault in self.template_faults():
            raise fault

    def template_faults(self) -> Iterator[SitthiError]:
        """Everything that is wrong with the templates, each fault once."""
        return trial.faults(self._letter, self._drawn, self._policy, self._templates, self._clock.now())

    def _letter(self, code: str, file: CaseFile) -> tuple[str, str]:
        """Title and HTML."""
        if code not in OWED:
            raise BadInput("unknown-letter", f"use one of {', '.join(OWED)}", letter=code)
        values = self._values(file)
        reasons = context.reasons(file, self._policy, values["words"])
        if code == _REFUSAL and not reasons:
            raise BadInput("refusal-without-ground", "give the decision's ground as a fact", letter=code)
        for need in NEEDS.get(code, ()):
            if not any(file.facts.get(name) for name in need.split("|")):
                raise BadInput("letter-value-missing", "give it as a fact", field=need, letter=code)
        spoken, right = values["words"], file.view.case.right
        third = code in THIRD_PARTIES
        # An e-mail's subject line is read by anybody: the right stands in the letter's own title alone.
        about = file.facts.get("action") if third else right
        title = spoken.get(f"titles.{code}.{about}") or spoken(f"letters.{code}")
        own = {
            "title": title,
            "number": str(file.facts.get("letter_no") or f"{file.view.case.reference}/{code}"),
            "complaint": "complaint" in OWED[code],
            "reasons": reasons,
            "to": (file.facts.get("recipient") or spoken("letterhead.to_third")) if third else values["dear"],
            "closing": spoken(
                "letterhead.closing_third" if third and code not in REPORTS else "letterhead.closing"
            ),
        }
        return title, self._templates.letter(code, right, {**values, **own})

    def _drawn(
        self,
        html: str,
        attached: Sequence[pdf.Attached] = (),
        further: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """The PDF, with the company's pictures, signed where there is a certificate."""
        made = pdf.write(html, attached=attached, pictures={**self._pictures, **(further or {})})
        return self._signer.sign(made) if self._signer else made

    def _values(self, file: CaseFile) -> Mapping[str, Any]:
        spoken = self._spoken(file)
        return context.of(file, self._policy, spoken, self._clock.now())

    def _spoken(self, file: CaseFile) -> Words:
        language = str(file.facts.get("language") or file.subject.language)
        return self._words[language if language in LANGUAGES else LANGUAGES[0]]
