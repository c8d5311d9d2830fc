"""The register: requests and cases, the vault, plans and decisions, effects, obligations, the audit chain."""

from cases.keystore import SqlKeyStore, open_keystore, prepare_keystore
from cases.room import Room, open_room

__all__ = ["Room", "SqlKeyStore", "open_keystore", "open_room", "prepare_keystore"]
