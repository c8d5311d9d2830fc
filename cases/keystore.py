"""Where wrapped data keys rest: a database of its own, backed up apart from the register that they open.

Shredding overwrites the wrapped bytes and keeps the row as a marker. The old bytes go from the database's
files at the next vacuum, and from its backups as those age out: this store's backups must live shortest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql

from cases.database import engine_for, insert_once, speaking
from security.ports import KeyPurpose, KeyRecord, Wrapped

key_store = MetaData()

data_keys = Table(
    "data_keys",
    key_store,
    Column("key_id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("wrapped", LargeBinary),  # NULL once it was shredded; the row stays as the marker
    Column("made", DateTime(timezone=True), nullable=False),
    Column("shredded", DateTime(timezone=True)),
    Column("reason", Text),
    UniqueConstraint("purpose", "owner", name="uq_data_keys_owner"),
)

_LOCK = 0x4B455953

# A key that was shredded must not come back, nor its marker go, whatever a program with a bug asks for.
_GUARD = """
CREATE OR REPLACE FUNCTION data_keys_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.wrapped IS NOT NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a data key is neither removed nor brought back' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER data_keys_stay BEFORE UPDATE OR DELETE ON data_keys
    FOR EACH ROW EXECUTE FUNCTION data_keys_stay();
CREATE OR REPLACE TRIGGER data_keys_stay_all BEFORE TRUNCATE ON data_keys
    FOR EACH STATEMENT EXECUTE FUNCTION data_keys_stay();
"""


def prepare_keystore(owner_url: str, app_role: str) -> None:
    """Make the key store's table if it is not there, and let the application add, wrap anew and shred.

    Raises:
        Unavailable: the database cannot be reached.
    """
    engine = engine_for(owner_url, connections=1)
    quote = postgresql.dialect().identifier_preparer.quote_identifier  # type: ignore[no-untyped-call]
    rights = "SELECT, INSERT, UPDATE (kek_id, wrapped, shredded, reason)"
    try:
        with speaking(), engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            key_store.create_all(connection)
            connection.execute(text(_GUARD))
            connection.execute(text(f"GRANT {rights} ON data_keys TO {quote(app_role)}"))
    finally:
        engine.dispose()


class SqlKeyStore:
    """Implements `security.ports.KeyStore` on PostgreSQL; every call is committed when it returns."""

    def __init__(self, url: str, *, connections: int = 5) -> None:
        # Every call is one statement: it needs no transaction around it.
        self._engine = engine_for(url, connections=connections, autocommit=True)

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def add(self, record: KeyRecord) -> bool:
        """Keep a new record; False if the key id or (purpose, owner) stands, even shredded."""
        wrapped = record.wrapped
        row = {
            "key_id": record.key_id,
            "purpose": record.purpose.value,
            "owner": record.owner,
            "kek_id": wrapped.kek_id if wrapped else "",
            "wrapped": wrapped.data if wrapped else None,
            "made": func.now(),
        }
        with speaking(), self._engine.begin() as connection:
            return insert_once(connection, data_keys, row)

    def get(self, key_id: str) -> KeyRecord | None:
        """Give the record, shredded ones included."""
        return self._one(select(data_keys).where(data_keys.c.key_id == key_id))

    def find(self, purpose: KeyPurpose, owner: str) -> KeyRecord | None:
        """Give the one record of that purpose and owner, shredded ones included."""
        wanted = select(data_keys).where(data_keys.c.purpose == purpose.value, data_keys.c.owner == owner)
        return self._one(wanted)

    def among(self, purpose: KeyPurpose, owners: Collection[str]) -> Sequence[KeyRecord]:
        """Give the records of that purpose of these owners; one who has none is left out."""
        wanted = select(data_keys).where(data_keys.c.purpose == purpose.value, data_keys.c.owner.in_(owners))
        with speaking(), self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(wanted)]

    def stale(self, kek_id: str, after: str, limit: int) -> Sequence[KeyRecord]:
        """Give unshredded records wrapped by any KEK but `kek_id`, key id above `after`, in order of key id."""
        wanted = (
            select(data_keys)
            .where(data_keys.c.wrapped.is_not(None), data_keys.c.kek_id != kek_id, data_keys.c.key_id > after)
            .order_by(data_keys.c.key_id)
            .limit(limit)
        )
        with speaking(), self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(wanted)]

    def replace(self, key_id: str, old: Wrapped, new: Wrapped) -> bool:
        """Swap the wrapped bytes if they are still `old`; False if they changed or were shredded."""
        swap = (
            update(data_keys)
            .where(
                data_keys.c.key_id == key_id,
                data_keys.c.kek_id == old.kek_id,
                data_keys.c.wrapped == old.data,
            )
            .values(kek_id=new.kek_id, wrapped=new.data)
        )
        with speaking(), self._engine.begin() as connection:
            return connection.execute(swap).rowcount == 1

    def shred(self, key_id: str, reason: str) -> bool:
        """Overwrite the wrapped bytes, leaving marker, `reason` (a code) and time; False if none stood."""
        gone = (
            update(data_keys)
            .where(data_keys.c.key_id == key_id, data_keys.c.wrapped.is_not(None))
            .values(wrapped=None, shredded=func.now(), reason=reason)
        )
        with speaking(), self._engine.begin() as connection:
            return connection.execute(gone).rowcount == 1

    def _one(self, wanted: Select[Any]) -> KeyRecord | None:
        with speaking(), self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return _record(row) if row else None


def open_keystore(url: str) -> SqlKeyStore:
    """The key store at that address, as the application's role; connects when first used.

    Raises:
        BadInput: the address is malformed.
    """
    return SqlKeyStore(url)


def _record(row: Row[Any]) -> KeyRecord:
    wrapped = Wrapped(row.kek_id, row.wrapped) if row.wrapped is not None else None
    return KeyRecord(row.key_id, KeyPurpose(row.purpose), row.owner, wrapped)
