"""People of the demonstration company to measure on: each is one person, and is given once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import sqlalchemy as sa

from demo.population import FIRST_ID
from demo.schema import OPERATOR_TENANT_ID

WRITES = "exists (select from tickets k where k.user_id = u.id)"
READS = "exists (select from page_views v where v.user_id = u.id)"
ANSWERS_SURVEYS = "exists (select from consents c where c.user_id = u.id and c.withdrawn_at is null)"

_USERS = f"""
    select u.email from users u join tenants t on t.id = u.tenant_id
    where u.id >= {FIRST_ID} and u.deleted_at is null and t.status = 'active' and ({{which}})
      and not exists (select from users o where o.id <> u.id and lower(o.email) = lower(u.email))
      and not exists (select from contacts c where lower(c.email) = lower(u.email))
    order by u.id
"""
_LEADS = f"""
    select c.email from contacts c
    where c.id >= {FIRST_ID} and c.tenant_id = {OPERATOR_TENANT_ID} and c.deleted_at is null
      and exists (
        select from consents s join purposes p on p.code = s.purpose_code
        where s.contact_id = c.id and p.is_marketing and s.withdrawn_at is null)
      and not exists (select from email_suppressions e where e.email = lower(c.email))
      and not exists (select from contacts o where o.id <> c.id and lower(o.email) = lower(c.email))
      and not exists (select from users u where lower(u.email) = lower(c.email))
    order by c.id
"""


class Population:
    """Hands out addresses."""

    def __init__(self, crm: sa.Engine) -> None:
        self._crm = crm
        self._given: set[str] = set()

    def users(self, which: str = "true", count: int | None = None) -> list[str]:
        """So many users (all, if not said) of whom that is true, in SQL over `u`."""
        return self._give(_USERS.format(which=which), count)

    def leads(self, count: int) -> list[str]:
        """So many of the company's own leads, who said that they want its advertising."""
        return self._give(_LEADS, count)

    def _give(self, statement: str, count: int | None) -> list[str]:
        with self._crm.connect() as connection:
            found: Sequence[str] = connection.execute(sa.text(statement)).scalars().all()
        fresh = list(islice((email for email in found if email not in self._given), count))
        if not fresh or (count is not None and len(fresh) < count):
            raise AssertionError(f"the company has only {len(fresh)} people like that")
        self._given.update(fresh)
        return fresh
