"""What is done when a visitor without an account chooses cookies: noted, told to the site, and carried out; needs no Temporal."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC

from domain.assurance import Method
from domain.devices import CONSENT, MEASURED, OWN, USE, Choice, Cookie, DeviceChoices, Statement, is_device
from domain.identifiers import IdentifierKind, identifier
from domain.inspection import Signing
from domain.ports import Intake
from domain.rights import Right
from domain.wishes import PURPOSE
from security.signing import is_signed
from workflows.reception import FrontDoor


@dataclass(frozen=True)
class Devices:
    """The choices of devices, and what follows from them."""

    choices: DeviceChoices
    door: FrontDoor
    signing: Signing

    async def said(self, device: str) -> Choice:
        """What a device said. Raises `Unavailable`."""
        return await asyncio.to_thread(self.choices.said, device)

    async def say(self, device: str, cookie: Cookie, *, given: bool, language: str) -> Choice:
        """Note a choice. Where something may be kept that rested on a withdrawn one, a case looks for it and erases it.

        Raises:
            Unavailable: the register is away; said again, it is the same word and the same case.
        """
        choice = await asyncio.to_thread(lambda: self.choices.say(device, cookie, given=given))
        if not given and cookie in MEASURED and not device.startswith(OWN):
            await self.door.receive(self._withdrawal(device, choice[cookie].number, language))
        return choice

    async def stated(self, device: str, choice: Choice) -> Statement:
        """A choice as the site reads it, now."""
        told = {each.value: _word(choice, each) for each in Cookie}
        at = max((said.at for said in choice.values()), default=None)
        content = {
            "device": device,
            **told,
            "said": at.astimezone(UTC).isoformat() if at else None,
            "stated": self.door.clock.now().astimezone(UTC).isoformat(),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        signature = await asyncio.to_thread(self.signing.sign, USE, text.encode())
        return Statement(content=text, signature=signature)

    async def key(self) -> str:
        """The public key to which statements are true, hex."""
        return await asyncio.to_thread(self.signing.public)

    async def remembered(self, cookie: str) -> str:
        """The device of a statement that a browser kept (`as_cookie`); nothing where we never signed it."""
        encoded, _, signature = cookie.partition(".")
        try:
            content = base64.b64decode(encoded, altchars=b"-_", validate=True)
            device = str(json.loads(content)["device"])
        except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
            return ""
        signed = is_signed(await self.key(), USE, content, signature)
        return device if signed and is_device(device) else ""

    @staticmethod
    def as_cookie(statement: Statement) -> str:
        """A statement as a browser keeps it."""
        return f"{base64.urlsafe_b64encode(statement.content.encode()).decode()}.{statement.signature}"

    def _withdrawal(self, device: str, number: int, language: str) -> Intake:
        return Intake(
            rights=(Right.WITHDRAWAL,),
            channel="web",
            received=self.door.clock.now(),
            language=language,
            identifiers=(identifier(IdentifierKind.DEVICE, device),),
            changes={PURPOSE: CONSENT},
            proved=(Method.DEVICE_COOKIE,),
            dedup=f"device:{device}:{number}",
        )


def _word(choice: Choice, cookie: Cookie) -> str:
    if cookie not in choice:
        return "unsaid"
    return "given" if choice[cookie].given else "withdrawn"
