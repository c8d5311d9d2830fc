"""The CRM database of the demonstration company, as its own developers would have drawn it.

Siam CRM sells a CRM to businesses. A **tenant** is one such business; a **user** is a person who has an
account there. What Siam CRM keeps about users it keeps as *controller*. What tenants keep about their own
customers (`companies`, `contacts`, `deals`, `activities`, `notes`, `email_messages`) it keeps as
*processor*, except under the one tenant with `is_operator`: itself, where its own leads live.

How a row leads to a person:

* `users` is a person; `sessions`, `user_profile_history`, `login_events`, `page_views`, `subscriptions`,
  `tickets` carry its `user_id`; `consents` carries `user_id` or `contact_id`; `invoices.billed_user_id`,
  `payments.payer_user_id`; `users.address_id -> addresses`, a row that two people may share.
* through a parent: `invoice_lines`, `payments -> invoices`; `transfer_slips -> payments`;
  `ticket_messages -> tickets`; `ticket_attachments -> ticket_messages`.
* without a foreign key: `page_views.visitor_id -> cookie_consents.visitor_id`; `email_suppressions.email`
  and `tickets.requester_email` are an address as text.
* `contacts` is a person within its tenant; `deals`, `activities`, `notes`, `email_messages` carry its
  `contact_id`. `contacts.merged_into_id` is the same person entered twice.

Every table says in `info` which categories of the privacy policy (1.1, 1.2) it holds and as what:
`categories` (of `Category`) and `held_as` (of `HeldAs`). Money is baht, times are UTC, dates are Thailand's.
Loads on PostgreSQL (first) and SQLite.
"""

from __future__ import annotations

from sqlalchemy import Index, Table, func

from demo.account_tables import page_views, tenants, tickets, users
from demo.columns import Category, HeldAs, metadata, not_mariadb
from demo.crm_tables import contacts

__all__ = ["OPERATOR_TENANT_ID", "Category", "HeldAs", "metadata"]

OPERATOR_TENANT_ID = 1
"""The tenant that is Siam CRM itself: in its CRM the company is controller."""


def _unique_email(table: Table) -> None:
    """One e-mail a tenant among the rows that are alive, whatever its case."""
    alive = table.c.deleted_at.is_(None)
    name = f"{table.name}_tenant_email_uq"
    # SQLite would reflect an index on an expression with a warning: its plain one minds the case.
    Index(name, table.c.tenant_id, func.lower(table.c.email), unique=True, postgresql_where=alive).ddl_if(
        dialect="postgresql"
    )
    Index(name, table.c.tenant_id, table.c.email, unique=True, sqlite_where=alive).ddl_if(dialect="sqlite")


def _index_paths() -> None:
    """An index on every way to a person: each foreign key that leads no primary key, and plain addresses."""
    for table in metadata.tables.values():
        leading = next(iter(table.primary_key.columns))
        for column in table.columns:
            if column.foreign_keys and column is not leading:
                Index(f"{table.name}_{column.name}_ix", column)
    for table, column in (
        (users, users.c.email),
        (contacts, contacts.c.email),
        (tickets, tickets.c.requester_email),
    ):
        Index(f"{table.name}_{column.name}_lower_ix", func.lower(column)).ddl_if(dialect="postgresql")
    Index("page_views_visitor_id_ix", page_views.c.visitor_id)
    Index(
        "tenants_one_operator_uq",
        tenants.c.is_operator,
        unique=True,
        postgresql_where=tenants.c.is_operator,
        sqlite_where=tenants.c.is_operator,
    ).ddl_if(callable_=not_mariadb)  # elsewhere no index is partial


_unique_email(users)
_unique_email(contacts)
_index_paths()
