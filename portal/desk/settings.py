"""The settings and the policy in force, read-only: each value, what it means, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from domain.staffing import Deed
from portal import words
from portal.desk.case_words import Sayings
from portal.desk.gate import Gate
from portal.desk.pages import DeskPages
from settings import Told

SETTINGS = "/desk/settings"

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "place": ("profile", "var", "systems", "policy", "company", "templates", "log_level"),
        "register": ("database_url", "database_owner_url", "keystore_url", "key_file"),
        "temporal": ("temporal_",),
        "portal": ("portal_", "codec_port", "device_cookie", "site_origins"),
        "mail": ("mailbox", "mail", "mail_from", "sendgrid_", "outbox"),
        "files": ("files", "heads", "signing_", "tsa_", "thai_numerals"),
        "staff": ("staff_credential",),
    }
)
"""The settings by what they are about: a name, or with `_` at its end all that begin so."""

NUMBERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "challenge_hours": ("company.yaml", "challenge.hours"),
        "challenge_attempts": ("company.yaml", "challenge.attempts"),
        "delivery_days": ("company.yaml", "delivery.days"),
        "backup_days": ("company.yaml", "backups.days"),
        "review_days": ("company.yaml", "restriction.review_days"),
        "lift_notice_days": ("company.yaml", "restriction.lift_notice_days"),
        "refusal_years": ("company.yaml", "refusals.keep_years"),
        "sweep_ceiling": ("company.yaml", "sweep.ceiling"),
    }
)
"""The single numbers of the policy: the file of each, and its place in it."""


@dataclass(frozen=True)
class SettingPages:
    """The page /desk/settings."""

    gate: Gate
    pages: DeskPages

    async def page(self, request: Request) -> Response:
        """GET /desk/settings."""
        signed = await self.gate.enter(request, Deed.SEE_SETTINGS)
        parts = self.gate.parts
        policy = parts.policy
        folder = next((one for one in parts.settings if one.field == "policy"), None)
        return self.pages.page(
            request,
            signed,
            "settings.html",
            groups=[(name, found) for name in GROUPS if (found := of_group(parts.settings, name))],
            policy=policy,
            say=Sayings(words.load()[signed.language], policy, {}),
            folder=folder.value if folder else "",
            numbers=[(name, f"{getattr(policy, name):g}", *NUMBERS[name]) for name in NUMBERS],
            signed_gaps=len(policy.gaps) - len(policy.unsigned),
        )


def of_group(settings: tuple[Told, ...], group: str) -> list[Told]:
    """The settings of a group, in their own order; each setting is in the first group that names it."""
    return [one for one in settings if group_of(one.field) == group]


def group_of(field: str) -> str:
    """The group of a setting: one that names it comes before one that names its beginning."""
    for name, members in GROUPS.items():
        if field in members:
            return name
    begins = (name for name, members in GROUPS.items() if field.startswith(_beginnings(members)))
    return next(begins, "files")


def _beginnings(members: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in members if one.endswith("_")) or ("\x00",)
