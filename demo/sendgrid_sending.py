"""Mail, what was sent, and the lists of those who get nothing, of the SendGrid stand-in."""

from __future__ import annotations

import uuid
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.sendgrid_account import Account, Object, stamp
from demo.sendgrid_marketing import wrong

_MOST_ERASED = 5_000
_MOST_MESSAGES = 1_000


class Sending:
    """Messages, what was sent, and its erasure."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def _send(self, request: Request) -> Response:
        mail = await request.json()
        for field in ("personalizations", "from", "subject", "content"):
            if not mail.get(field):
                return wrong(field, f"The {field} field is required.")
        message = uuid.uuid4().hex
        for one in mail["personalizations"]:
            for to in one["to"]:
                _sent(self._account, message, to["email"], mail, one)
        return Response(status_code=202, headers={"X-Message-Id": message})

    async def _messages(self, request: Request) -> Response:
        query, limit = request.query_params.get("query", ""), float(request.query_params.get("limit", 10))
        name, _, value = query.partition("=")
        if not 0 < limit <= _MOST_MESSAGES:
            return JSONResponse({"errors": [{"message": "limit must be between 1 and 1000"}]}, 400)
        wanted = unquote(value).strip('"').lower()
        if name == "to_email":
            found = [one for one in self._account.messages if one["to_email"].lower() == wanted]
        elif name.startswith("unique_args['"):
            key = name.removeprefix("unique_args['").removesuffix("']")
            found = [
                one
                for one in self._account.messages
                if str(one["unique_args"].get(key, "")).lower() == wanted
            ]
        else:
            return JSONResponse(
                {"errors": [{"message": f"invalid syntax: '{name}' is not a known field"}]}, 400
            )
        told = [{key: value for key, value in one.items() if key != "unique_args"} for one in found]
        return JSONResponse({"messages": told[: int(limit)]})

    async def _erase(self, request: Request) -> Response:
        addresses = (await request.json()).get("email_addresses") or []
        if not addresses or len(addresses) > _MOST_ERASED:
            return wrong("email_addresses", "between 1 and 5000 email addresses are required")
        job = self._account.promise(
            "erase", lambda: self._account.forget_sent([str(one) for one in addresses])
        )
        return JSONResponse({"job_id": job}, 202)

    async def _scopes(self, request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        return JSONResponse({"scopes": sorted(self._account.keys.get(key, ()))})

    def routes(self) -> list[Route]:
        """What `/v3/mail`, `/v3/messages` and `/v3/recipients` answer."""
        return [
            Route("/v3/mail/send", self._send, methods=["POST"]),
            Route("/v3/messages", self._messages, methods=["GET"]),
            Route("/v3/recipients/erasejob", self._erase, methods=["POST"]),
            Route("/v3/scopes", self._scopes, methods=["GET"]),
            *Suppressions(self._account).routes(),
        ]


class Suppressions:
    """Every list of those who get nothing."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def _groups(self, _request: Request) -> Response:
        return JSONResponse(
            [one | {"unsubscribes": _count(self._account, one)} for one in self._account.groups.values()]
        )

    async def _of_address(self, request: Request) -> Response:
        address = request.path_params["email"].lower()
        told = [
            {name: one[name] for name in ("description", "id", "is_default", "name")}
            | {"suppressed": address in self._account.unsubscribed.get(one["id"], ())}
            for one in self._account.groups.values()
        ]
        return JSONResponse({"suppressions": told})

    async def _enter(self, request: Request) -> Response:
        group = int(request.path_params["group"])
        addresses = [str(one) for one in (await request.json()).get("recipient_emails") or ()]
        # True to the vendor: an unknown group means that they get nothing at all.
        entered = (
            self._account.unsubscribed.setdefault(group, set())
            if group in self._account.groups
            else self._account.everything
        )
        entered.update(one.lower() for one in addresses)
        return JSONResponse({"recipient_emails": addresses}, 201)

    async def _leave(self, request: Request) -> Response:
        group = int(request.path_params["group"])
        self._account.unsubscribed.get(group, set()).discard(request.path_params["email"].lower())
        return Response(status_code=204)

    async def _enter_everything(self, request: Request) -> Response:
        addresses = [str(one) for one in (await request.json()).get("recipient_emails") or ()]
        self._account.everything.update(one.lower() for one in addresses)
        return JSONResponse({"recipient_emails": addresses}, 201)

    async def _everything(self, request: Request) -> Response:
        address = request.path_params["email"].lower()
        return JSONResponse({"recipient_email": address} if address in self._account.everything else {})

    async def _failed(self, request: Request) -> Response:
        kind, address = request.path_params["kind"], request.path_params["email"].lower()
        if kind not in self._account.failures:
            return wrong(None, "not found", 404)
        return JSONResponse([one for one in self._account.failures[kind] if one["email"].lower() == address])

    async def _forget(self, request: Request) -> Response:
        kind, address = request.path_params["kind"], request.path_params["email"].lower()
        kept = [one for one in self._account.failures.get(kind, ()) if one["email"].lower() != address]
        if len(kept) == len(self._account.failures.get(kind, ())):
            return wrong(None, "not found", 404)
        self._account.failures[kind] = kept
        return Response(status_code=204)

    def routes(self) -> list[Route]:
        """What `/v3/asm` and `/v3/suppression` answer."""
        return [
            Route("/v3/asm/groups", self._groups, methods=["GET"]),
            Route("/v3/asm/groups/{group:int}/suppressions", self._enter, methods=["POST"]),
            Route("/v3/asm/groups/{group:int}/suppressions/{email}", self._leave, methods=["DELETE"]),
            Route("/v3/asm/suppressions/global", self._enter_everything, methods=["POST"]),
            Route("/v3/asm/suppressions/global/{email}", self._everything, methods=["GET"]),
            Route("/v3/asm/suppressions/{email}", self._of_address, methods=["GET"]),
            Route("/v3/suppression/{kind}/{email}", self._failed, methods=["GET"]),
            Route("/v3/suppression/{kind}/{email}", self._forget, methods=["DELETE"]),
        ]


def _count(account: Account, group: Object) -> int:
    return len(account.unsubscribed.get(group["id"], ()))


def _sent(account: Account, message: str, to: str, mail: Object, one: Object) -> None:
    """Keep a message as the account shows it, unless the address may get nothing."""
    args = {**mail.get("custom_args", {}), **one.get("custom_args", {})}
    settings = mail.get("mail_settings", {})
    allowed = settings.get("bypass_unsubscribe_management", {}).get("enable", False)
    dropped = to.lower() in account.everything and not allowed
    account.messages.append(
        {
            "from_email": mail["from"]["email"],
            "msg_id": f"{message}.{len(account.messages)}",
            "subject": mail["subject"],
            "to_email": to,
            "status": "not_delivered" if dropped else "delivered",
            "opens_count": 0,
            "clicks_count": 0,
            "last_event_time": stamp(),
            "unique_args": args,
        }
    )
    if not dropped:
        account.mails.append({"to": to, "at": stamp(), "msg_id": message, **mail})
        account.deliver(account.mails[-1])
