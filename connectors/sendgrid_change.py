"""What an order makes of a record: foreseen as content, and carried out with the vendor's jobs followed to their end.

SendGrid has no transactions: what was done stays done, and a retry does the rest. An order is told as done only once
the account itself shows it, save the erasure of what was sent, whose job nobody can follow: proof looks for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connectors.base import intended
from connectors.sendgrid_api import Api, Object
from connectors.sendgrid_look import MARKETED, UNSUBSCRIBED, Content, Look, hashed
from connectors.sendgrid_map import ACTIVITY, CONTACTS, FAILURES, LIMITS, SUBSCRIPTIONS, Account, SendgridMap
from domain.connector import ABSENT, Batch, Effect, EffectKind, Foreseen, Order
from domain.errors import CapabilityMissing, Refused, Unavailable
from domain.outcomes import Outcome
from domain.rights import Verb

_GOES = frozenset({Outcome.ERASE, Outcome.DESTROY})
_IDENTIFYING = ("email", "phone_number_id", "external_id", "anonymous_id")
"""All of them that a contact has must be named to change it."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 15.0


@dataclass(frozen=True)
class Patience:
    """How long the vendor's jobs are waited for before the step is left and tried again; in seconds."""

    most: float = timedelta(minutes=12).total_seconds()
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


@dataclass
class _Asked:
    """What an attempt set going: jobs to follow, and the hash that each record has when they are over."""

    jobs: list[str] = field(default_factory=list)
    after: dict[int, str] = field(default_factory=dict)


class Changer:
    """Foresees and carries out batches in one account."""

    def __init__(self, api: Api, known: SendgridMap, account: Account, patience: Patience) -> None:
        self._api = api
        self._map = known
        self._account = account
        self._patience = patience

    def foresee(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The after-hash of every order. Raises `Refused` for what the account would not take."""
        look = self._look()
        if batch.verb is Verb.STOP and batch.at is None:
            raise Refused(
                "stop-without-instant", "name the instant of the withdrawal", system=self._api.system
            )
        return tuple(Foreseen(no=one.no, hash_after=self._after(look, one)) for one in batch.orders)

    def observe(self, batch: Batch) -> tuple[Foreseen, ...]:
        """The hash of every order's record as it stands now."""
        look = self._look()
        return tuple(Foreseen(no=one.no, hash_after=_now(look, one)) for one in batch.orders)

    def apply(self, batch: Batch, foreseen: Sequence[Foreseen]) -> tuple[Effect, ...]:
        """Do what is not done yet, and wait until the account shows it."""
        after = intended(batch, foreseen, self._api.system)
        look = self._look()
        kinds: dict[int, EffectKind] = {}
        for one in batch.orders:
            now = _now(look, one)
            there = EffectKind.DONE if now == one.hash_before else EffectKind.DRIFTED
            kinds[one.no] = EffectKind.ALREADY if now in {ABSENT, after[one.no]} else there
        todo = [one for one in batch.orders if kinds[one.no] is EffectKind.DONE]
        asked = _Asked(after={one.no: after[one.no] for one in todo if one.table != ACTIVITY})
        match batch.verb:
            case Verb.ERASE:
                self._erase(look, todo, asked)
            case Verb.CORRECT:
                self._correct(look, todo, asked)
            case _:
                self._stop(look, todo)
        self._follow(todo, asked)
        return tuple(
            Effect(
                no=one.no,
                kind=kinds[one.no],
                achieved=None if kinds[one.no] is EffectKind.DRIFTED else one.outcome,
            )
            for one in batch.orders
        )

    def suppress(self, entering: Mapping[int, Collection[str]]) -> None:
        """Enter addresses in groups, by group.

        Raises:
            Refused: a group is not there: SendGrid would then take it for "send them nothing at all".
        """
        require_groups(self._api, entering)
        for group, addresses in sorted(entering.items()):
            self._api.suppress(group, sorted(addresses))

    def _look(self) -> Look:
        return Look(self._api, self._account)

    def _after(self, look: Look, one: Order) -> str:
        content = look.content(one.table, one.locator)
        if content is None or one.outcome in _GOES:
            return ABSENT
        if one.outcome is Outcome.CORRECT:
            return hashed(one.table, content | self._corrected(one))
        if one.table == CONTACTS:
            return hashed(one.table, content | {MARKETED: False})
        if one.table == SUBSCRIPTIONS:
            return hashed(one.table, content | {UNSUBSCRIBED: True})
        raise CapabilityMissing(
            "capability-missing", "keep it from use elsewhere", system=self._api.system, table=one.table
        )

    def _corrected(self, one: Order) -> Content:
        """New values by field of a contact. Raises `Refused` where one does not fit."""
        if one.table != CONTACTS:
            return {}
        changed: Content = {}
        for name, value in one.values.items():
            places = self._map.fields.get(name, ())
            if places and not isinstance(value, str):
                raise self._unfit(places[0])
            # A name of one field stands whole; of two, its first word and the rest.
            parts = str(value).split(maxsplit=len(places) - 1) if places else []
            for place, part in zip(places, [*parts, "", ""], strict=False):
                if len(part) > LIMITS[place]:
                    raise self._unfit(place)
                changed[place] = part
        return changed

    def _unfit(self, place: str) -> Refused:
        return Refused(
            "value-does-not-fit",
            f"at most {LIMITS[place]} characters",
            system=self._api.system,
            table=CONTACTS,
            column=place,
        )

    def _erase(self, look: Look, todo: Sequence[Order], asked: _Asked) -> None:
        contacts = [str(one.locator["contact"]) for one in todo if one.table == CONTACTS]
        for one in todo:
            if one.table in FAILURES:
                self._api.forget_failure(one.table, str(one.locator["email"]))
        self._leave_lists(look, todo, gone=contacts)
        sent = [str(one.locator["email"]) for one in todo if one.table == ACTIVITY]
        if not self._account.activity:
            # What the account cannot show it can still erase, along with whom it was sent to.
            sent = [
                str(contact["email"]) for one in contacts if (contact := look.contact(one) or {}).get("email")
            ]
        if sent:
            self._api.erase_sent(sent)
        asked.jobs += self._api.delete_contacts(contacts)

    def _leave_lists(self, look: Look, todo: Sequence[Order], *, gone: Sequence[str]) -> None:
        """Take contacts off the lists of subscriptions that end; one that is deleted leaves them by that."""
        leaving: dict[str, list[str]] = {}
        for one in todo:
            if one.table == SUBSCRIPTIONS and (contact := str(one.locator["$contact"])) not in gone:
                for each in look.lists_of(one.locator):
                    leaving.setdefault(each, []).append(contact)
        for each, contacts in sorted(leaving.items()):
            self._api.take_off(each, contacts)

    def _correct(self, look: Look, todo: Sequence[Order], asked: _Asked) -> None:
        for one in todo:
            contact: Object = look.contact(str(one.locator["contact"])) or {}
            known = {name: contact[name] for name in _IDENTIFYING if contact.get(name)}
            asked.jobs.append(self._api.upsert(known | self._corrected(one)))

    def _stop(self, look: Look, todo: Sequence[Order]) -> None:
        entering: dict[int, set[str]] = {}
        for one in todo:
            if one.table == SUBSCRIPTIONS:
                entering.setdefault(int(str(one.locator["group"])), set()).add(str(one.locator["email"]))
            elif contact := look.contact(str(one.locator["contact"])):
                for group in self._account.marketing:
                    entering.setdefault(group, set()).add(str(contact["email"]))
        if entering:
            self.suppress(entering)

    def _follow(self, todo: Sequence[Order], asked: _Asked) -> None:
        """Wait until every job is over and every record is as intended.

        Raises:
            Refused: a job failed.
            Unavailable: it takes longer than an attempt may; the next one finds it done, or asks again.
        """
        jobs = [job for job in asked.jobs if job]
        wait, until = _FIRST_WAIT, self._patience.now() + self._patience.most
        while True:
            jobs = [job for job in jobs if self._runs(job)]
            look = self._look()
            late = [one for one in todo if one.no in asked.after and _now(look, one) != asked.after[one.no]]
            if not jobs and not late:
                return
            if self._patience.now() + wait > until:
                raise Unavailable(
                    "system-job-under-way", "it is tried again by itself", system=self._api.system
                )
            self._patience.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _runs(self, job: str) -> bool:
        state = self._api.job(job)
        if state in {"errored", "failed"}:
            raise Refused("system-job-failed", "look at the account's imports", system=self._api.system)
        return state == "pending"


def require_groups(api: Api, groups: Iterable[int]) -> None:
    """Stop where an unsubscribe group that the settings name is not in the account. Raises `Refused`."""
    known = api.groups()
    for group in groups:
        if group not in known:
            raise Refused(
                "sendgrid-group-missing",
                "correct the purposes in the systems file",
                system=api.system,
                group=group,
            )


def _now(look: Look, one: Order) -> str:
    return hashed(one.table, look.content(one.table, one.locator))
