"""Contacts, lists, segments and jobs of the SendGrid stand-in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.sendgrid_account import Account, Object, stamp

_MOST_ADDRESSES = 100
_LONGEST = {"first_name": 50, "last_name": 50, "city": 60, "address_line_1": 100, "address_line_2": 100}


def wrong(field: str | None, message: str, status: int = 400) -> JSONResponse:
    """An error as SendGrid words it."""
    return JSONResponse({"errors": [{"field": field, "message": message}]}, status)


class Marketing:
    """Contacts, lists and segments."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def _search(self, request: Request) -> Response:
        addresses = (await request.json()).get("emails")
        if not isinstance(addresses, list) or not addresses:
            return wrong("emails", "emails is required")
        if len(addresses) > _MOST_ADDRESSES:
            return wrong("emails", f"at most {_MOST_ADDRESSES} emails can be searched at once")
        if any("@" not in str(one) for one in addresses):
            return wrong("emails", "one or more emails are invalid")
        found = {str(one).lower(): self._account.bearing(str(one)) for one in addresses}
        if not any(found.values()):
            return wrong(None, "no contacts found", 404)
        return JSONResponse(
            {
                "result": {
                    address: {"contact": _shown(one)} if one else {"error": "contact not found"}
                    for address, one in found.items()
                }
            }
        )

    async def _one_contact(self, request: Request) -> Response:
        found = self._account.contacts.get(request.path_params["id"])
        return JSONResponse(_shown(found)) if found else wrong(None, "contact not found", 404)

    async def _upsert(self, request: Request) -> Response:
        body = await request.json()
        contacts = body.get("contacts") or []
        if not contacts:
            return wrong("contacts", "contacts is required")
        for one in contacts:
            for field, most in _LONGEST.items():
                if len(str(one.get(field) or "")) > most:
                    return wrong(f"contacts.{field}", "value is too long")
        lists = [str(one) for one in body.get("list_ids") or ()]
        job = self._account.promise("upsert", lambda: self._account.upsert_all(contacts, lists))
        return JSONResponse({"job_id": job}, 202)

    async def _delete(self, request: Request) -> Response:
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not ids:
            return wrong("ids", "ids or delete_all_contacts is required")
        return JSONResponse(
            {"job_id": self._account.promise("delete", lambda: self._account.delete(ids))}, 202
        )

    async def _job(self, request: Request) -> Response:
        found = self._account.jobs.get(request.path_params["id"])
        if found is None:
            return wrong(None, "job not found", 404)
        told = {"id": found.id, "status": found.status, "job_type": found.kind, "results": {}}
        return JSONResponse(told)

    async def _lists(self, request: Request) -> Response:
        size, start = (
            int(request.query_params.get("page_size", 100)),
            int(request.query_params.get("page_token") or 0),
        )
        every = sorted(self._account.lists)
        page = every[start : start + size]
        meta = {"self": str(request.url), "count": len(every)}
        if start + size < len(every):
            meta["next"] = str(request.url.include_query_params(page_token=str(start + size)))
        return JSONResponse(
            {"result": [_list(self._account, one) for one in page], "_metadata": meta},
        )

    async def _take_off(self, request: Request) -> Response:
        one_list = request.path_params["id"]
        if one_list not in self._account.lists:
            return wrong(None, "list not found", 404)
        ids = [one for one in request.query_params.get("contact_ids", "").split(",") if one]
        if not ids:
            return wrong("contact_ids", "contact_ids is required")
        job = self._account.promise("list", lambda: self._account.take_off(one_list, ids))
        return JSONResponse({"job_id": job}, 202)

    async def _segments(self, _request: Request) -> Response:
        return JSONResponse(
            {"results": [_segment(one, name) for one, name in self._account.segments.items()]}
        )

    async def _export(self, request: Request) -> Response:
        if (await request.json()).get("file_type") not in {None, "csv"}:
            return wrong("file_type", "this stand-in writes csv")
        made = self._account.promise("export", self._account.take_roll)
        return JSONResponse({"id": made, "_metadata": {}}, 202)

    async def _exported(self, request: Request) -> Response:
        found = self._account.jobs.get(request.path_params["id"])
        if found is None or found.kind != "export":
            return wrong(None, "export not found", 404)
        status = {"completed": "ready", "pending": "pending"}.get(found.status, "failure")
        times = dict.fromkeys(("created_at", "updated_at", "expires_at"), stamp())
        urls = [f"{request.base_url}exports/{found.id}.csv.gz"] if status == "ready" else []
        return JSONResponse({"id": found.id, "status": status, "urls": urls, **times})

    async def _file(self, _request: Request) -> Response:
        """The file of an export: who knows its address may fetch it, as at the real one's storage."""
        return Response(self._account.roll, media_type="application/gzip")

    def routes(self) -> list[Route]:
        """What `/v3/marketing` answers, and where its exports lie."""
        at = "/v3/marketing"
        return [
            Route(f"{at}/contacts/search/emails", self._search, methods=["POST"]),
            Route("/exports/{name}", self._file, methods=["GET"]),
            Route(f"{at}/contacts/exports", self._export, methods=["POST"]),
            Route(f"{at}/contacts/exports/{{id}}", self._exported, methods=["GET"]),
            Route(f"{at}/contacts/imports/{{id}}", self._job, methods=["GET"]),
            Route(f"{at}/contacts/{{id}}", self._one_contact, methods=["GET"]),
            Route(f"{at}/contacts", self._upsert, methods=["PUT"]),
            Route(f"{at}/contacts", self._delete, methods=["DELETE"]),
            Route(f"{at}/lists", self._lists, methods=["GET"]),
            Route(f"{at}/lists/{{id}}/contacts", self._take_off, methods=["DELETE"]),
            Route(f"{at}/segments/2.0", self._segments, methods=["GET"]),
        ]


def _shown(contact: Object) -> Object:
    return contact | {
        "_metadata": {"self": f"https://api.sendgrid.com/v3/marketing/contacts/{contact['id']}"}
    }


def _list(account: Account, one: str) -> Object:
    count = sum(one in contact["list_ids"] for contact in account.contacts.values())
    return {"id": one, "name": account.lists[one], "contact_count": count}


def _segment(one: str, name: str) -> Object:
    return {
        "id": one,
        "name": name,
        "contacts_count": 0,
        "created_at": "2026-01-05T03:00:00Z",
        "updated_at": "2026-01-05T03:00:00Z",
        "sample_updated_at": "2026-01-05T03:00:00Z",
        "next_sample_update": "",
        "parent_list_ids": [],
        "query_version": "2",
        "status": {"query_validation": "VALID"},
    }
