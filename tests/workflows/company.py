"""The company's people for tests: whom to ask for, and their rows as the database itself has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, TextClause, select, text

from bootstrap import House
from demo.oracle import rows_of
from demo.schema import metadata

Row = Mapping[str, object]
Rows = dict[tuple[str, tuple[object, ...]], dict[str, object]]
"""Whole rows by table and primary key."""

_ALONE = """
    select u.id, u.email from users u join tenants t on t.id = u.tenant_id
    where u.id > 1000 and t.status = 'active' and ({which})
      and not exists (select from users o where o.id <> u.id and lower(o.email) = lower(u.email))
      and not exists (select from contacts c where lower(c.email) = lower(u.email))
    order by exists (select from invoices i where i.billed_user_id = u.id), u.id desc
"""
"""Those who pay are few: they are kept for whoever needs just them."""

PAYS = "exists (select from invoices i where i.billed_user_id = u.id)"
WRITES = "exists (select from tickets k where k.user_id = u.id)"
READS = "exists (select from page_views v where v.user_id = u.id)"
ANSWERS_SURVEYS = "exists (select from consents c where c.user_id = u.id)"
CONSENTED_TO_NOTHING = (
    f"not {ANSWERS_SURVEYS} and not exists (select from cookie_consents k where k.user_id = u.id)"
)


@dataclass(frozen=True)
class Somebody:
    """An invented user who is known by one address, and nobody else by it."""

    id: int
    email: str


@dataclass
class Cast:
    """Hands out people, each to one test only."""

    crm: Engine
    given: set[int] = field(default_factory=set)
    comes: Callable[[], object] | None = None
    """Brings new people into the company, of whom it has something of every kind, once no one else is left."""

    def user(self, *which: str) -> Somebody:
        """The next user of whom all this is true, in SQL over `u`."""
        wanted = text(_ALONE.format(which=" and ".join(f"({one})" for one in which) or "true"))
        found = self._left(wanted)
        if found is None and self.comes is not None:
            self.comes()
            found = self._left(wanted)
        assert found is not None, "the company has nobody like that any more"
        self.given.add(found.id)
        return found

    def _left(self, wanted: TextClause) -> Somebody | None:
        with self.crm.connect() as connection:
            people = (Somebody(row.id, row.email.lower()) for row in connection.execute(wanted))
            return next((one for one in people if one.id not in self.given), None)

    def rows(self, *people: Somebody) -> Rows:
        """Everything of theirs, as it stands."""
        with self.crm.connect() as connection:
            owned = rows_of(connection, [one.id for one in people], ())
            return {
                (table, key): _row(connection, table, key) for table, keys in owned.items() for key in keys
            }

    def changed(self, before: Rows) -> Rows:
        """What is no longer as it was, with the new values of its columns; nothing where the row is gone."""
        with self.crm.connect() as connection:
            after = {place: _row(connection, *place) for place in before}
        return {
            place: {name: value for name, value in after[place].items() if value != row[name]}
            for place, row in before.items()
            if after[place] != row
        }

    def run(self, statement: str, **values: object) -> None:
        """Change the company's database."""
        with self.crm.begin() as connection:
            connection.execute(text(statement), values)

    def leaves(self, who: Somebody, days_ago: int = 200) -> None:
        """Her account was closed so many days ago: long enough, unless said, that no law wants to know whose it was."""
        self.run(
            "update users set status = 'disabled', deleted_at = now() - make_interval(days => :days)"
            " where id = :id",
            id=who.id,
            days=days_ago,
        )

    def value(self, statement: str, **values: object) -> object:
        """One value."""
        with self.crm.connect() as connection:
            return connection.execute(text(statement), values).scalar()

    def suppressed(self, email: str) -> bool:
        """Whether no marketing goes to the address."""
        found = "select count(*) from email_suppressions where email = :email and list_code = 'marketing'"
        return self.value(found, email=email) == 1


def views_blocked(house: House, cast: Cast, who: Somebody) -> set[bool]:
    """Whether the page views, which rest on the company's interest, are kept from use: all, none, or some."""
    blocked = house.room.blocks.blocked
    keys = [str(key) for table, (key, *_) in cast.rows(who) if table == "page_views"]
    return {blocked("siamcrm", "page_views", {"id": int(key)}) for key in keys}


def _row(connection: Connection, table: str, key: tuple[object, ...]) -> dict[str, object]:
    known = metadata.tables[table]
    same = [column == value for column, value in zip(known.primary_key, key, strict=True)]
    return dict(connection.execute(select(known).where(*same)).mappings().one_or_none() or {})
