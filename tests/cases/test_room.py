"""The room keeps the ports: mypy holds the shapes, this test that each part is the one that does the work."""

from __future__ import annotations

from cases import SqlKeyStore
from domain import ports
from security.ports import AuditSink, KeyStore
from tests.cases.conftest import House


def test_every_port_has_its_adapter(house: House) -> None:
    room = house.room
    register: ports.Register = room.register
    vault: ports.Vault = room.vault
    identity: ports.Identity = room.identity
    plans: ports.Plans = room.plans
    effects: ports.Effects = room.effects
    findings: ports.Findings = room.findings
    obligations: ports.Obligations = room.obligations
    letters: ports.Letters = room.letters
    sink: AuditSink = room.audit
    store: KeyStore = house.store
    parts = {register, vault, identity, plans, effects, findings, obligations, letters, sink}
    assert len(parts) == 9
    assert isinstance(store, SqlKeyStore)
    room.check()
