"""Every record that the vendors hold, and whose it is: the files listed at the S3 server, the stand-ins' own state read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import files, kept
from demo.elsewhere import FILES, SENDGRID, STRIPE
from demo.sendgrid_company import GROUPS
from demo.vendors import Where
from embedded.objects import ObjectServer

Place = tuple[str, str, str]
"""System, table and key of a record."""

_FOLDERS = {"slips": "slips", "tickets": "ticket_files"}
_NAMED = {"invoiceitems": "invoice_items"}
_GROUP_OF = {one_list: str(number) for number, _, one_list in GROUPS.values()}


@dataclass(frozen=True)
class Standing:
    """A record as it stands: whose it is, by what the vendor knows them by, and all that it holds."""

    owner: str
    content: str


Snapshot = Mapping[Place, Standing]


def snapshot(where: Where) -> Snapshot:
    """Everybody's records at every vendor."""
    return dict((*_files(where.objects), *_stripe(where.stripe), *_sendgrid(where.sendgrid)))


def _files(server: ObjectServer) -> Iterator[tuple[Place, Standing]]:
    """A key with all its versions and markers is one record, the newest first."""
    s3 = files.client(server)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for bucket in files.BUCKETS:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in page.get("Versions", ()):
                told = {"version": one["VersionId"], "content": one["ETag"].strip('"')}
                found.setdefault((bucket, one["Key"]), []).append(told)
            for marker in page.get("DeleteMarkers", ()):
                found.setdefault((bucket, marker["Key"]), []).append(
                    {"version": marker["VersionId"], "content": ""}
                )
    for (bucket, key), versions in found.items():
        folder, owner, _ = key.split("/", 2)
        versions.sort(key=lambda one: not one["content"])
        yield (FILES, _FOLDERS[folder], f"{bucket}/{key}"), Standing(owner, _text(versions))


def _stripe(state: Path) -> Iterator[tuple[Place, Standing]]:
    kinds = kept.read(state)["kinds"]
    for kind, records in kinds.items():
        for key, one in records.items():
            yield (STRIPE, _NAMED.get(kind, kind), key), Standing(_payer(kind, one, kinds), _text(one))


def _payer(kind: str, one: Mapping[str, Any], kinds: Mapping[str, Any]) -> str:
    if kind == "invoice_lines":
        one = kinds["invoices"].get(one["invoice"], {})
    if kind == "events":
        told = one["data"]
        one = (told.get("previous_attributes") or {}) | told["object"]
        if one.get("customer") is None:  # a card that was detached just now
            one = told["object"] | (told.get("previous_attributes") or {})
    return str(one["id"] if one.get("object") == "customer" else one.get("customer"))


def _sendgrid(state: Path) -> Iterator[tuple[Place, Standing]]:
    account = kept.read(state)
    for key, contact in account["contacts"].items():
        told = dict(contact)
        del told["list_ids"]  # those are subscriptions, below
        yield (SENDGRID, "contacts", key), Standing(contact["email"], _text(told))
    for (group, address), told in _subscriptions(account).items():
        yield (SENDGRID, "subscriptions", f"{group}/{address}"), Standing(address, _text(told))
    sent: dict[str, list[Any]] = {}
    for message in account["messages"]:
        sent.setdefault(message["to_email"], []).append(message)
    for address, messages in sent.items():
        yield (SENDGRID, "email_activity", address), Standing(address, _text(messages))
    for kind, entries in account["failures"].items():
        for entry in entries:
            yield (SENDGRID, kind, entry["email"]), Standing(entry["email"], _text(entry))
    for address in account["everything"]:
        yield (SENDGRID, "unsubscribes", address), Standing(address, "")


def _subscriptions(account: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, bool]]:
    found: dict[tuple[str, str], dict[str, bool]] = {}
    for contact in account["contacts"].values():
        for one_list in contact["list_ids"]:
            found.setdefault((_GROUP_OF[one_list], contact["email"]), {})["member"] = True
    for group, addresses in account["unsubscribed"].items():
        for address in addresses:
            found.setdefault((group, address), {})["unsubscribed"] = True
    return found


def _text(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
