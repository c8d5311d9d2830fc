"""A person of the demonstration: reads the mailbox, opens the link, types the code, as people do."""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Iterable, Iterator
from email import policy as mail_policy
from pathlib import Path

import httpx

from domain.errors import Unavailable

_LINK = re.compile(r"https?://\S+/v/\S+")
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_FORM_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_PATIENCE = 60.0


async def prove_address(mailbox: Path, address: str, reference: str) -> None:
    """Wait for the case's challenge in that address's mail, open the link and press with the code.

    Raises:
        Unavailable: no such mail came in a minute, or the page refused the code.
    """
    mail = await _wait_for_mail(mailbox, address, reference)
    link, code = _LINK.search(mail), _CODE.search(_LINK.sub("", mail).replace(reference, ""))
    if link is None or code is None:
        raise Unavailable("demo-mail-without-link", "read the mail in var/mailbox", reference=reference)
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
        page = await browser.get(link[0])
        form = dict(_FORM_FIELD.findall(page.text))
        answer = await browser.post(str(page.url), data={**form, "code": code[0]})
    if answer.status_code != httpx.codes.OK or not answer.url.path.endswith("/done"):
        raise Unavailable("demo-code-refused", "read var/log/portal.log", reference=reference)


async def _wait_for_mail(mailbox: Path, address: str, reference: str) -> str:
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        for text in await asyncio.to_thread(lambda: list(mails(mailbox.glob("*.eml"), address))):
            if reference in text and _LINK.search(text):
                return text
        await asyncio.sleep(0.2)
    raise Unavailable("demo-mail-missing", "read var/log/worker.log", reference=reference)


def mails(files: Iterable[Path], address: str) -> Iterator[str]:
    """Subject and text of the mails to that address."""
    for path in files:
        message = email.message_from_bytes(path.read_bytes(), policy=mail_policy.default)
        if str(message["To"]).casefold() == address.casefold():
            body = message.get_body(("plain",))
            yield f"{message['Subject']}\n{body.get_content() if body else ''}"
