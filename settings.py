"""What this installation is told by its environment; the only module that reads it.

Every variable is `SITTHI_` and the field's name in capitals, except `DATABASE_URL`. The supervisor of the embedded
servers completes the settings and hands them to its children the same way.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator

from domain.errors import BadInput
from domain.value import Value

_PREFIX = "SITTHI_"
_OWN_NAMES = {"database_url": "DATABASE_URL"}
_SAID = "_SITTHI_SAID"  # for the children of a supervisor; no setting


def _postgres(address: SecretStr) -> SecretStr:
    scheme, mark, rest = address.get_secret_value().partition("://")
    if not mark or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must be a postgresql:// address")
    if not urlsplit(f"postgresql://{rest}").path.strip("/"):
        raise ValueError("must name a database")
    return SecretStr(f"postgresql+psycopg://{rest}")


def _web(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    return address.rstrip("/")


def _origins(text: str) -> str:
    for origin in filter(None, (part.strip() for part in text.split(","))):
        parts = urlsplit(origin)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or origin != f"{parts.scheme}://{parts.netloc}"
        ):
            raise ValueError("write each as https://www.example.com, without a path")
    return text


CookieName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Origins = Annotated[str, AfterValidator(_origins)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres)]
Port = Annotated[int, Field(ge=1, le=65_535)]
WebUrl = Annotated[str, AfterValidator(_web)]


class Settings(Value):
    """Where the parts of this installation are; frozen, secrets hidden in every rendering.

    In the profile `embedded` whatever is None is filled in by the supervisor; in `production` what has no
    working default must be said.
    """

    profile: Literal["embedded", "production"] = "embedded"
    var: Path = Path("var")
    """Directory of all state that is not in a database."""

    database_url: PostgresUrl | None = None
    """The register, for the application's role, which can only insert into the audit chain."""
    database_owner_url: PostgresUrl | None = None
    """The register, for the role that owns its tables; migrations only."""
    keystore_url: PostgresUrl | None = None
    """The wrapped data keys: a database of its own, backed up apart from the register (else shredding is undone)."""
    key_file: Path | None = None
    """The local ring of key-encryption keys; `var/keys/kek.json` unless said."""

    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_tls_ca: Path | None = None
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_api_key: SecretStr | None = None
    temporal_ui_url: WebUrl | None = None
    """Where people find Temporal's Web UI; shown, never called."""

    portal_url: WebUrl | None = None
    """The public base address of the portal, as it stands in letters and links."""
    portal_host: str = "127.0.0.1"
    portal_port: Port | None = None
    device_cookie: CookieName | None = None
    """The cookie of the company's site that holds a device's number; unsaid, devices are known by the portal's own."""
    site_origins: Origins = ""
    """Origins of the company's site, with commas between them, whose pages may read what a device said of cookies."""
    codec_port: Port | None = None
    """Port of the codec server that the Web UI asks; loopback only."""

    mailbox: Path | None = None
    """Directory into which e-mail is written as `.eml`; `var/mailbox` unless said."""
    mail: Literal["mailbox", "sendgrid"] = "mailbox"
    """Through what the engine's own letters go out."""
    mail_from: str | None = None
    """The address that they are from; a provider must know it as the company's own."""
    sendgrid_key: SecretStr | None = None
    """The key with which letters are sent; good for `mail.send` and, with activity, `messages.read`."""
    sendgrid_url: WebUrl | None = None
    """SendGrid's base address, where it is not the usual one (the EU's, a stand-in's)."""
    sendgrid_activity: bool = False
    """Whether that account can be asked what was sent (an additional service of SendGrid's)."""
    sendgrid_events_key: str | None = None
    """The verification key of that account's signed event webhook, which posts to `/hooks/sendgrid` of the portal."""
    outbox: Path | None = None
    """Directory of notes on what was handed over, shared by every process that sends; `var/outbox` unless said."""
    files: Path | None = None
    """Directory of sealed files; `var/files` unless said."""
    heads: Path | None = None
    """Directory into which heads of the audit chain are published; `var/heads` unless said. Best on another machine."""
    heads_bucket: str | None = None
    """A bucket with Object Lock that heads are published to as well; its credentials are found as boto3 finds them."""
    heads_endpoint: WebUrl | None = None
    """Address of the bucket's store where it is not Amazon's."""
    heads_days: Annotated[int, Field(ge=1, le=36_500)] = 3_650
    """For how many days the bucket locks each head."""
    heads_by_mail: bool = False
    """Whether each head is sent to the data protection officer as well."""
    systems: Path | None = None
    """YAML file of the connected systems; `var/systems.yaml` unless said."""
    policy: Path = Path("policy")
    """Directory of the company's rules."""
    company: Path | None = None
    """YAML file with the company's names and addresses as they stand in letters; `company.yaml` in the policy unless said."""
    templates: Path | None = None
    """Directory of the company's own letter templates, each in the place of the shipped one of that name."""
    thai_numerals: bool = False
    """Whether Thai documents write dates with Thai digits."""
    signing_certificate: Path | None = None
    """PKCS#12 file with the certificate that signs every PDF. Unsaid, embedded installations sign with one that says
    that it is for development; in production nothing is signed."""
    signing_passphrase: SecretStr | None = None
    """Opens that file."""
    tsa_url: WebUrl | None = None
    """A time stamping authority (RFC 3161) that stamps the signatures of audit exports and PDFs; unsaid, none does."""
    tsa_user: str | None = None
    """The name by which that authority knows the company, where it asks for one."""
    tsa_password: SecretStr | None = None
    """The password that goes with it."""
    staff_credential: SecretStr | None = None
    """The credential of the member of staff who acts by command line."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def origins(self) -> tuple[str, ...]:
        """Those of the company's site."""
        return tuple(part.strip() for part in self.site_origins.split(",") if part.strip())

    @model_validator(mode="before")
    @classmethod
    def _place_the_rest(cls, given: dict[str, object]) -> dict[str, object]:
        var = Path(str(given.get("var", "var")))
        policy = Path(str(given.get("policy", "policy")))
        places: dict[str, object] = {
            "key_file": var / "keys" / "kek.json",
            "mailbox": var / "mailbox",
            "outbox": var / "outbox",
            "files": var / "files",
            "heads": var / "heads",
            "systems": var / "systems.yaml",
            "company": policy / "company.yaml",
        }
        return {**places, **given}

    @classmethod
    def load(cls, env: Mapping[str, str]) -> Self:
        """Read the settings from these variables.

        Raises:
            BadInput: A variable is unknown, malformed, or missing in production; facts name it, never its content.
        """
        names = {_variable(field): field for field in cls.model_fields}
        for name in sorted(env):
            if name.startswith(_PREFIX) and name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                raise BadInput(
                    "setting-unknown", f"did you mean {near[0]}?" if near else "unset it", variable=name
                )
        given = {field: env[name] for name, field in names.items() if env.get(name, "") != ""}
        try:
            settings = cls.model_validate(given)
        except ValidationError as invalid:
            first = invalid.errors(include_input=False, include_url=False)[0]
            variable = _variable(str(first["loc"][0]))
            raise BadInput(
                "setting-invalid", first["msg"].removeprefix("Value error, "), variable=variable
            ) from None
        settings.check(frozenset(given))
        return settings

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings from the environment of this process; raises as `load` does."""
        return cls.load(os.environ)

    def as_environment(self) -> dict[str, str]:
        """Return variables from which `load` reads these same settings; they hold secrets."""
        found: dict[str, str] = {}
        for field in type(self).model_fields:
            value = getattr(self, field)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is not None:
                found[_variable(field)] = str(value).lower() if isinstance(value, bool) else str(value)
        return found

    def filled_from(self, other: Settings) -> Self:
        """Return these settings with whatever is None here taken from `other`."""
        absent = [field for field in type(self).model_fields if getattr(self, field) is None]
        return self.model_copy(update={field: getattr(other, field) for field in absent})

    def check(self, given: frozenset[str]) -> None:
        """Refuse what can't work together, and in production what was left to a default (`given`: fields said).

        Raises:
            BadInput: Facts name the variable.
        """
        if (self.database_url is None) != (self.database_owner_url is None):
            absent = "database_url" if self.database_url is None else "database_owner_url"
            raise _refusal("setting-missing", "the register's two roles go together", absent)
        if (self.temporal_tls_cert is None) != (self.temporal_tls_key is None):
            absent = "temporal_tls_cert" if self.temporal_tls_cert is None else "temporal_tls_key"
            raise _refusal("setting-missing", "certificate and key go together", absent)
        if self.temporal_api_key and not self.temporal_tls:
            raise _refusal(
                "setting-missing", "an API key travels over TLS only: set it to true", "temporal_tls"
            )
        self._check_tsa()
        if self.mail == "sendgrid":
            for field in ("sendgrid_key", "mail_from"):
                if getattr(self, field) is None:
                    raise _refusal("setting-missing", "letters through SendGrid need it", field)
        if self.profile == "production":
            self._check_production(given)

    def _check_tsa(self) -> None:
        if (self.tsa_user is None) != (self.tsa_password is None):
            absent = "tsa_user" if self.tsa_user is None else "tsa_password"
            raise _refusal("setting-missing", "name and password go together", absent)
        if self.tsa_user is not None and not (self.tsa_url or "").startswith("https://"):
            raise _refusal("setting-unsafe", "a password travels over https:// only", "tsa_url")

    def _check_production(self, given: frozenset[str]) -> None:
        said = (
            "database_url",
            "database_owner_url",
            "keystore_url",
            "temporal_address",
            "portal_url",
            "key_file",
        )
        for field in said:
            if field not in given:
                raise _refusal("setting-missing", "production has no default for it", field)
        if self.portal_url is None or not self.portal_url.startswith("https://"):
            raise _refusal("setting-unsafe", "links to personal data need https://", "portal_url")
        if self.key_file is None or not self.key_file.is_file():
            raise _refusal("setting-invalid", "there is no such file", "key_file")
        if _database(self.keystore_url) == _database(self.database_url):
            raise _refusal(
                "setting-unsafe",
                "keys beside the register come back with its backups: name another database",
                "keystore_url",
            )


class Source(StrEnum):
    """Where a setting comes from."""

    ENVIRONMENT = "environment"  # somebody said it
    STACK = "stack"  # the supervisor of the embedded servers filled it in
    DEFAULT = "default"


class Told(Value):
    """A setting as people may read it. Of a secret only whether it is set; of an address no password."""

    field: str
    variable: str
    value: str
    source: Source
    secret: bool


def tell(settings: Settings, said: frozenset[str] | None = None) -> tuple[Told, ...]:
    """Every setting with where it comes from; `said` are the fields that this process was told, unless given."""
    said = said_here() if said is None else said
    usual = Settings(var=settings.var, policy=settings.policy)
    return tuple(_tell(settings, usual, field, said) for field in Settings.model_fields)


def _tell(settings: Settings, usual: Settings, field: str, said: frozenset[str]) -> Told:
    value, default = getattr(settings, field), getattr(usual, field)
    source = Source.ENVIRONMENT if field in said else Source.DEFAULT if value == default else Source.STACK
    annotation = str(Settings.model_fields[field].annotation)
    secret = "SecretStr" in annotation
    shown = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if secret:
        shown = "set" if value is not None and value.get_secret_value() else ""
    elif "://" in shown:
        parts = urlsplit(shown)
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return Told(field=field, variable=_variable(field), value=shown, source=source, secret=secret)


def said_here() -> frozenset[str]:
    """The fields that whoever started this program said, also where a supervisor started it on their word."""
    if (told := os.environ.get(_SAID)) is not None:
        return frozenset(told.split()) & Settings.model_fields.keys()
    return frozenset(field for field in Settings.model_fields if os.environ.get(_variable(field), "") != "")


def outside_environment() -> dict[str, str]:
    """Return the environment of this process without our own settings: what a child gets besides `as_environment`.

    With it goes which settings were said here, or a child could not tell them from those that it is handed.
    """
    ours = {_variable(field) for field in Settings.model_fields}
    rest = {name: value for name, value in os.environ.items() if name not in ours}
    return {**rest, _SAID: " ".join(sorted(said_here()))}


def _variable(field: str) -> str:
    return _OWN_NAMES.get(field, _PREFIX + field.upper())


def _refusal(code: str, mend: str, field: str) -> BadInput:
    return BadInput(code, mend, variable=_variable(field))


def _database(address: SecretStr | None) -> tuple[str | None, int, str] | None:
    if address is None:
        return None
    parts = urlsplit(address.get_secret_value())
    return parts.hostname, parts.port or 5432, parts.path
