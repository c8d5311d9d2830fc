"""Which rows belong to a person of the demonstration company, in SQL written by hand.

Independent of everything that Sitthi computes: what the data map and the connector find is held against
this. Each statement answers the primary key of its rows, as one column or two.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

Rows = dict[str, set[tuple[object, ...]]]

OF_USER = {
    "users": "select id from users where id = :id",
    "addresses": "select a.id from addresses a join users u on u.address_id = a.id where u.id = :id",
    "user_profile_history": "select id from user_profile_history where user_id = :id",
    "sessions": "select token_hash from sessions where user_id = :id",
    "subscriptions": "select id from subscriptions where user_id = :id",
    "invoices": "select id from invoices where billed_user_id = :id",
    "invoice_lines": """
        select l.invoice_id, l.line_no from invoice_lines l
        join invoices i on i.id = l.invoice_id where i.billed_user_id = :id""",
    "payments": """
        select p.id from payments p join invoices i on i.id = p.invoice_id where i.billed_user_id = :id
        union select id from payments where payer_user_id = :id""",
    "transfer_slips": """
        select s.id from transfer_slips s join payments p on p.id = s.payment_id
        join invoices i on i.id = p.invoice_id where i.billed_user_id = :id
        union select id from transfer_slips where uploaded_by_user_id = :id""",
    "tickets": "select id from tickets where user_id = :id",
    "ticket_messages": """
        select m.id from ticket_messages m join tickets t on t.id = m.ticket_id where t.user_id = :id""",
    "ticket_attachments": """
        select a.id from ticket_attachments a join ticket_messages m on m.id = a.message_id
        join tickets t on t.id = m.ticket_id where t.user_id = :id""",
    "login_events": "select id from login_events where user_id = :id",
    "page_views": """
        select id from page_views where user_id = :id
        union select v.id from page_views v
        join cookie_consents c on c.visitor_id = v.visitor_id
        where c.user_id = :id and v.user_id is null""",
    "cookie_consents": "select visitor_id from cookie_consents where user_id = :id",
    "consents": "select id from consents where user_id = :id",
    "email_suppressions": """
        select s.email, s.list_code from email_suppressions s
        join users u on lower(u.email) = s.email where u.id = :id""",
}

OF_CONTACT = {
    "contacts": "select id from contacts where id = :id or merged_into_id = :id",
    "deals": "select id from deals where contact_id = :id",
    "activities": "select id from activities where contact_id = :id",
    "notes": "select id from notes where contact_id = :id",
    "email_messages": "select id from email_messages where contact_id = :id",
    "consents": "select id from consents where contact_id = :id",
    "email_suppressions": """
        select s.email, s.list_code from email_suppressions s
        join contacts c on lower(c.email) = s.email
        join tenants t on t.id = c.tenant_id where c.id = :id and t.is_operator""",
}


def rows_of(connection: Connection, user_ids: Iterable[int], contact_ids: Iterable[int]) -> Rows:
    """Primary keys by table, of the tables where there are any."""
    found: Rows = {}
    for statements, ids in ((OF_USER, user_ids), (OF_CONTACT, contact_ids)):
        for each in ids:
            for table, statement in statements.items():
                keys = {tuple(row) for row in connection.execute(text(statement), {"id": each})}
                if keys:
                    found.setdefault(table, set()).update(keys)
    return found
