"""Certificates of erasure as they were issued, so that anybody who holds one can have it checked."""

from __future__ import annotations

from sqlalchemy import insert, select

from cases.certificate_tables import certificates
from cases.departure_tables import tenant_certificates
from cases.unit_of_work import UnitOfWork
from domain.certificates import Certified
from domain.errors import NotFound
from domain.events import Event


class CertificateRegister:
    """Implements `domain.certificates.Certificates`."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def issue(self, case: str, proof: str, sha256: str) -> None:
        """Note the file of that digest; made anew before it went out, the newest stands. Raises `NotFound`."""
        with self._work.begin() as tx:
            tx.lock_case(case)
            wanted = select(certificates.c.sha256).where(
                certificates.c.case_id == case, certificates.c.proof == proof
            )
            standing = tx.connection.scalar(wanted.order_by(certificates.c.id.desc()).limit(1))
            if standing == sha256:
                return
            row = {"case_id": case, "proof": proof, "sha256": sha256, "issued": tx.now}
            tx.connection.execute(insert(certificates).values(row))
            tx.tell(Event.CERTIFICATE_ISSUED, case, proof=proof, sha256=sha256)

    def check(self, proof: str) -> Certified:
        """What was issued under that proof id. Raises `NotFound`."""
        wanted = select(certificates.c.proof, certificates.c.sha256, certificates.c.issued)
        newest = wanted.where(certificates.c.proof == proof).order_by(certificates.c.id.desc()).limit(1)
        given = tenant_certificates.c
        of_tenant = select(given.proof, given.sha256, given.issued).where(given.proof == proof)
        with self._work.read() as connection:
            row = (
                connection.execute(newest).one_or_none()
                or connection.execute(of_tenant.order_by(given.issued).limit(1)).one_or_none()
            )
        if row is None:
            raise NotFound("certificate-unknown", "compare the address with the one on the paper")
        return Certified(proof=row.proof, sha256=row.sha256, issued=row.issued)
