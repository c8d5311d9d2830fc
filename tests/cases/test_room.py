"""The room keeps the ports: mypy holds the shapes, this test that each part is the one that does the work."""

from __future__ import annotations

from cases import SqlKeyStore
from domain import aftermath, documents, ledger, ports
from security.ports import AuditSink, KeyStore
from tests.cases.conftest import House


def test_every_port_has_its_adapter(house: House) -> None:
    room = house.room
    register: ports.Register = room.register
    vault: ports.Vault = room.vault
    identity: ports.Identity = room.identity
    plans: ports.Plans = room.plans
    effects: ledger.Effects = room.effects
    findings: ports.Findings = room.findings
    obligations: aftermath.Obligations = room.obligations
    blocks: aftermath.Blocks = room.blocks
    tasks: aftermath.Tasks = room.tasks
    disclosures: aftermath.Disclosures = room.disclosures
    letters: documents.Letters = room.letters
    sink: AuditSink = room.audit
    store: KeyStore = house.store
    parts = {register, vault, identity, plans, effects, findings, letters, sink}
    aftermaths = {obligations, blocks, tasks, disclosures}
    assert len(parts | aftermaths) == 12
    assert isinstance(store, SqlKeyStore)
    room.check()
