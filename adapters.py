"""Adapters as the settings ask for them: the mailer, the places of heads, who signs and stamps documents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import make_url
from temporalio.service import TLSConfig

from activities.tools import Tools
from connectors.heads import BucketHeads, DirectoryHeads, MailedHeads
from connectors.mailbox import MailboxMailer
from connectors.outbox import Outbox
from connectors.sms_box import SmsBox
from domain.documents import Mailer
from domain.errors import BadInput
from domain.identifiers import Identifier, IdentifierKind, identifier
from domain.inspection import HeadPlace
from domain.ports import Clock
from domain.texting import Texter
from domain.timestamps import TimeAuthority
from exports.inspection.about import heads_mail
from exports.room import Documents
from exports.signing import Signer as PdfSigner
from policy.load import load_policy
from policy.model import Policy
from settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client


class SystemClock:
    """The time of this machine, in UTC."""

    def now(self) -> datetime:
        """The current instant."""
        return datetime.now(UTC)


def documents_of(settings: Settings, policy: Policy, clock: Clock, *, stamped: bool = True) -> Documents:
    """The room that makes documents, with the company's own templates where it has some. Raises `PolicyInvalid`.

    `stamped`: whether PDFs get the time of the configured authority; samples need none.
    """
    return Documents(
        policy,
        clock,
        templates=settings.templates,
        thai_numerals=settings.thai_numerals,
        signer=pdf_signer(settings, time_authority(settings) if stamped else None),
        portal_url=settings.portal_url or "",
    )


def check_templates(settings: Settings) -> None:
    """Refuse a company's templates before anybody is written to with them; without any there is nothing to check.

    Raises:
        PolicyInvalid: one is broken, replaces nothing or leaves out a required statement; it is named.
    """
    if settings.templates is not None:
        documents_of(settings, load_policy(settings.policy), SystemClock(), stamped=False).check_templates()


def time_authority(settings: Settings) -> TimeAuthority | None:
    """The authority that stamps signatures with its time; None where the company has none."""
    if settings.tsa_url is None:
        return None
    from connectors.time_authority import HttpTimeAuthority

    password = settings.tsa_password
    login = (settings.tsa_user, password.get_secret_value()) if settings.tsa_user and password else None
    return HttpTimeAuthority(settings.tsa_url, login)


def pdf_signer(settings: Settings, authority: TimeAuthority | None = None) -> PdfSigner | None:
    """Who signs every PDF; None where nothing is signed. Raises `BadInput`."""
    if settings.signing_certificate is not None:
        passphrase = settings.signing_passphrase
        return PdfSigner.open(
            settings.signing_certificate, passphrase.get_secret_value() if passphrase else "", authority
        )
    if settings.profile == "embedded":
        return PdfSigner.for_development(settings.var / "keys" / "development.p12", authority)
    return None


def dpo_address(policy: Policy) -> Identifier:
    """Where the data protection officer is written to."""
    return identifier(IdentifierKind.EMAIL, policy.company.officer.email)


def head_places(settings: Settings, policy: Policy, tools: Tools) -> tuple[HeadPlace, ...]:
    """Where heads are published: always a directory, and what else the settings name."""
    places: list[HeadPlace] = [DirectoryHeads(path_of(settings.heads, "heads"))]
    if settings.heads_bucket is not None:

        def client() -> S3Client:
            import boto3

            made: S3Client = boto3.client("s3", endpoint_url=settings.heads_endpoint)
            return made

        places.append(BucketHeads(settings.heads_bucket, settings.heads_days, tools.clock, client))
    if settings.heads_by_mail:
        places.append(MailedHeads(tools.mailer, dpo_address(policy), *heads_mail()))
    return tuple(places)


def mailer_of(settings: Settings, clock: Clock) -> Mailer:
    """Through what letters go out."""
    if settings.mail == "mailbox":
        return MailboxMailer(path_of(settings.mailbox, "mailbox"), clock)
    from connectors.sendgrid_api import BASE, Api
    from connectors.sendgrid_mail import SendgridMailer

    api = Api(
        "mail",
        settings.sendgrid_key.get_secret_value() if settings.sendgrid_key else "",
        base=settings.sendgrid_url or BASE,
    )
    return SendgridMailer(
        api,
        Outbox(path_of(settings.outbox, "outbox"), clock),
        clock,
        sender=settings.mail_from or "",
        activity=settings.sendgrid_activity,
    )


def texter_of(settings: Settings) -> Texter | None:
    """Through what codes by text message go out; None where they do not."""
    chosen = settings.sms or ("box" if settings.profile == "embedded" else "none")
    return SmsBox(path_of(settings.sms_box, "sms_box")) if chosen == "box" else None


def secret(value: SecretStr | None, field: str) -> str:
    """A secret setting, bare. Raises `BadInput` where it is missing."""
    if value is None:
        raise BadInput("setting-missing", "start the stack with `make run`, or set it", field=field)
    return value.get_secret_value()


def path_of(value: Path | None, field: str) -> Path:
    """A path of the settings. Raises `BadInput` where it is missing."""
    if value is None:
        raise BadInput("setting-missing", "set it", field=field)
    return value


def role_of(address: str) -> str:
    """The role under which a database is entered at that address."""
    return make_url(address).username or ""


def tls_of(settings: Settings) -> TLSConfig | bool:
    """How the Temporal cluster is spoken to over TLS; False where it is not."""
    if not settings.temporal_tls:
        return False
    return TLSConfig(
        server_root_ca_cert=settings.temporal_tls_ca.read_bytes() if settings.temporal_tls_ca else None,
        client_cert=settings.temporal_tls_cert.read_bytes() if settings.temporal_tls_cert else None,
        client_private_key=settings.temporal_tls_key.read_bytes() if settings.temporal_tls_key else None,
    )
