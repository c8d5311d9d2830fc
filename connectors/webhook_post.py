"""The way out to programs that are told: one POST, to a public address over TLS, whose answer is a status and no more.

Whoever names an address might name one inside the company's own network; so the name is resolved here, every address it
leads to is looked at, and the connection goes to the very one that was looked at. Nothing is followed, nothing is read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from domain.errors import Refused, Unavailable
from domain.ports import Clock
from domain.webhooks import Outgoing
from security.webhooks import signature

LONGEST = 10.0
"""Seconds for a whole exchange, however slowly it drips."""

_EMBEDDING = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "2002::/16", "2001::/32"))
"""IPv6 that leads to an IPv4 address within it, which may be anybody's: NAT64, 6to4, Teredo."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HttpPost:
    """Implements `domain.webhooks.Post`; `loopback` lets this machine be told, as embedded installations are."""

    def __init__(self, clock: Clock, *, loopback: bool) -> None:
        self._clock, self._loopback = clock, loopback

    def send(self, message: Outgoing) -> None:
        """Hand a message over; taken is what is answered by 2xx.

        Raises:
            Unavailable: it cannot be reached, is too slow, or answered something else.
            Refused: its address is not one that may be told.
        """
        parts = urlsplit(message.url)
        host = parts.hostname or ""
        port = parts.port or 443
        address = self._looked_at(host, port)
        if parts.scheme != "https" and not address.is_loopback:
            raise Refused("webhook-not-over-tls")
        at = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - of the protocol
        request = httpx.Request(
            "POST",
            f"{parts.scheme}://{at}:{port}{parts.path or '/'}",
            content=message.body,
            headers=self._headers(message, parts.netloc),
            extensions={"sni_hostname": host} if parts.scheme == "https" else {},
        )
        status = asyncio.run(_posted(request))
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
            raise Unavailable(f"webhook-answered-{status}")

    def _headers(self, message: Outgoing, host: str) -> dict[str, str]:
        now = int(self._clock.now().timestamp())
        return {
            "Host": host,
            "Content-Type": "application/json",
            "User-Agent": "Sitthi",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(message.secret, message.id, now, message.body),
        }

    def _looked_at(self, host: str, port: int) -> Address:
        """The first address of a name, all of which may be told."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unavailable("webhook-name-unknown") from None
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        if not addresses or not all(self._may_be_told(one) for one in addresses):
            raise Refused("webhook-address-refused")
        return addresses[0]

    def _may_be_told(self, address: Address) -> bool:
        if address.is_loopback:
            return self._loopback
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped is not None:
                return self._may_be_told(address.ipv4_mapped)
            if any(address in net for net in _EMBEDDING):
                return False
        return address.is_global and not address.is_multicast


async def _posted(request: httpx.Request) -> int:
    try:
        async with (
            asyncio.timeout(LONGEST),
            httpx.AsyncClient(trust_env=False, timeout=LONGEST) as client,
        ):
            # Streamed and never read: what they answer is nothing to us.
            answer = await client.send(request, stream=True, follow_redirects=False)
            await answer.aclose()
            return answer.status_code
    except TimeoutError:
        raise Unavailable("webhook-too-slow") from None
    except (httpx.HTTPError, httpx.StreamError):
        raise Unavailable("webhook-away") from None
