"""The product: the CRM of each tenant, of which the company is processor, and of its own leads."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, String, Table, Text

from demo.columns import (
    Category,
    HeldAs,
    Json,
    baht,
    day,
    flag,
    held,
    key,
    metadata,
    moment,
    not_mariadb,
    one_of,
    to,
    words,
)

companies = Table(
    "companies",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    words("name_th"),
    words("name_en", null=True),
    words("website", null=True),
    Column("address", Text),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS),
    comment="juristic persons in a CRM",
)

contacts = Table(
    "contacts",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    to("company_id", "companies.id", on_delete="SET NULL"),
    to("owner_user_id", "users.id", on_delete="SET NULL"),
    to("merged_into_id", "contacts.id"),
    Column("address", Text),
    words("title_th", 20, null=True),
    words("full_name_th"),
    words("full_name_en", null=True),
    words("email", 254, null=True),
    words("phone", 30, null=True),
    words("source", 40),
    words("stage", 20),
    Column("custom_fields", Json),
    moment("created_at"),
    moment("deleted_at", null=True),
    flag("processing_restricted"),
    one_of("source", "web_form", "event", "import", "referral", "phone"),
    one_of("stage", "lead", "customer", "lost"),
    # MariaDB checks nothing that it numbers by itself.
    CheckConstraint("merged_into_id <> id", name="not_into_itself").ddl_if(callable_=not_mariadb),
    CheckConstraint("email is not null or phone is not null", name="reachable"),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS),
    comment="people in a CRM; leads of the company itself under the operator's tenant",
)

deals = Table(
    "deals",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    to("contact_id", "contacts.id", null=False),
    to("company_id", "companies.id", on_delete="SET NULL"),
    to("owner_user_id", "users.id", on_delete="SET NULL"),
    words("name"),
    baht("amount"),
    words("stage", 20),
    day("expected_close_on"),
    moment("created_at"),
    one_of("stage", "new", "proposal", "won", "lost"),
    CheckConstraint("amount >= 0", name="amount"),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS),
)

activities = Table(
    "activities",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    to("contact_id", "contacts.id", null=False, on_delete="CASCADE"),
    to("deal_id", "deals.id", on_delete="SET NULL"),
    to("user_id", "users.id", on_delete="SET NULL"),
    words("kind", 20),
    words("subject"),
    moment("happened_at"),
    one_of("kind", "call", "meeting", "demo", "letter"),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS),
    comment="user_id is who did it, not whom it is about",
)

notes = Table(
    "notes",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    to("contact_id", "contacts.id", null=False, on_delete="CASCADE"),
    to("author_user_id", "users.id", on_delete="SET NULL"),
    Column("body", Text, nullable=False),
    moment("created_at"),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS),
    comment="free text; may name other people",
)

email_messages = Table(
    "email_messages",
    metadata,
    key(),
    to("tenant_id", "tenants.id", null=False),
    to("contact_id", "contacts.id", null=False, on_delete="CASCADE"),
    Column("message_id", String(120), nullable=False, unique=True),
    words("direction", 3),
    words("from_address", 254),
    words("to_address", 254),
    words("subject"),
    Column("body", Text, nullable=False),
    moment("sent_at"),
    one_of("direction", "in", "out"),
    info=held(HeldAs.BY_TENANT, Category.CUSTOMERS_OF_TENANTS, Category.COMMUNICATION),
)
