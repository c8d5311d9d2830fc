"""What every step works with: the ports, brought together once by `bootstrap.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from temporalio import activity

from domain.aftermath import Blocks, Disclosures, Obligations, Tasks
from domain.answer_links import AnswerLinks
from domain.certificates import Certificates
from domain.connector import Capability, Connector
from domain.delivery import Deliveries, Fates
from domain.devices import by_device
from domain.documents import Enclosing, Exports, Files, Letters, Mailer, Transfers
from domain.errands import Overdue
from domain.errors import CapabilityMissing, NotFound
from domain.identity_documents import IdentityDocuments
from domain.incidents import IncidentRegister
from domain.instructions import CHANNEL, Instructions
from domain.item import Subject
from domain.ledger import Effects
from domain.plan_edits import PlanEdits
from domain.ports import Clock, Findings, Identity, Plans, Register, Vault
from domain.recipients import Recipients
from domain.redacting import Burner, FileRedactions
from domain.refusals import Refusals
from domain.scans import Scans
from domain.suppression import Suppressions, Watches
from domain.sweeping import Sweeps
from domain.third_persons import FileReviews
from policy.model import Policy

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Tools:
    """The adapters behind the ports. `policy` is the one in force, never the one a case opened under."""

    clock: Clock
    policy: Policy
    register: Register
    vault: Vault
    identity: Identity
    identity_documents: IdentityDocuments
    plans: Plans
    plan_edits: PlanEdits
    effects: Effects
    blocks: Blocks
    sweeps: Sweeps
    findings: Findings
    obligations: Obligations
    incidents: IncidentRegister
    disclosures: Disclosures
    refusals: Refusals
    certificates: Certificates
    instructions: Instructions
    errands: Overdue
    recipients: Recipients
    answer_links: AnswerLinks
    file_reviews: FileReviews
    file_redactions: FileRedactions
    scans: Scans
    suppressions: Suppressions
    watches: Watches
    tasks: Tasks
    letters: Letters
    deliveries: Deliveries
    fates: Fates
    enclosing: Enclosing
    files: Files
    mailer: Mailer
    transfers: Transfers
    exports: Exports
    burner: Burner
    connectors: Mapping[str, Connector]
    portal_url: str

    def connector(self, system: str, needed: Capability) -> Connector:
        """The connector of a system.

        Raises:
            NotFound: the settings no longer name the system.
            CapabilityMissing: it never claimed that it can.
        """
        found = self.connectors.get(system)
        if found is None:
            raise NotFound("unknown-system", "name it in the systems file", system=system)
        if needed not in found.capabilities:
            raise CapabilityMissing("capability-missing", system=system, capability=needed)
        return found

    def able(self, needed: Capability) -> tuple[Connector, ...]:
        """Every connector that can."""
        return tuple(found for found in self.connectors.values() if needed in found.capabilities)


def step(name: str) -> Callable[[_F], _F]:
    """An activity of that name. Cancelled, it still ends by itself: no exception may strike between two writes."""
    return activity.defn(name=name, no_thread_cancel_exception=True)


@dataclass(frozen=True)
class Step:
    """Base of the activities: they have tools and nothing else."""

    tools: Tools


def instructed(tools: Tools, case: str) -> bool:
    """Whether a case carries out a tenant's instruction: nobody is identified for it, and the tenant hears."""
    return tools.register.view(case).channel == CHANNEL


def searched(tools: Tools, case: str) -> Subject:
    """Whom to search for: what was found on the way, and of what was given only what is surely hers.

    Anybody can write anybody's address into a request. An identifier that was only given counts when it is on
    file for the person who was chosen, or was proved; otherwise a verified person could name a stranger and
    receive, or erase, the stranger's records.
    """
    if instructed(tools, case):
        return tools.vault.subject(case)  # the controller itself names whom it means
    return surely_theirs(tools.vault, tools.identity, case)


def surely_theirs(vault: Vault, identity: Identity, case: str) -> Subject:
    """Whom a case is about, by what is surely theirs alone; see `searched`."""
    subject, given = vault.subject(case), set(vault.given(case))
    sure = {address for row in vault.chosen(case) for address in row.addresses}
    sure |= set(identity.proved(case))
    if by_device(own := vault.own(case)) and identity.standing(case).level:
        sure |= set(own)  # its cookie came with the press
    kept = tuple(one for one in subject.identifiers if one not in given or one in sure)
    return subject.model_copy(update={"identifiers": kept})
