"""The register as linked data: JSON-LD in the terms of W3C DPV (what it is) and PROV-O (when, and by whom)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from domain.inspected import BY_NAME
from domain.outcomes import Ending
from exports.spool import Spool
from policy.model import Policy

STREAM = "linked"
_PLACE = {column.name: place for place, column in enumerate(BY_NAME["cases"].columns)}
_STATUS = {
    Ending.FULFILLED: "dpv:RequestFulfilled",
    Ending.PARTIAL: "dpv:RequestFulfilled",
    Ending.REFUSED: "dpv:RequestRejected",
    Ending.NOT_CONTROLLER: "dpv:RequestRejected",
}
"""Any other ending leaves a request unfulfilled without refusing it; `sitthi:ending` says which it was."""

_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "prov": "http://www.w3.org/ns/prov#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "sitthi": "urn:sitthi:",
    "prov:startedAtTime": {"@type": "xsd:dateTime"},
    "prov:endedAtTime": {"@type": "xsd:dateTime"},
    "dct:date": {"@type": "xsd:date"},
    "dct:valid": {"@type": "xsd:date"},
}


class Linked:
    """Turns the rows of the register into nodes as they pass by; they wait in the spool."""

    def __init__(self, spool: Spool, policy: Policy) -> None:
        self._spool = spool
        controller = {
            "@id": "sitthi:controller",
            "@type": ["dpv:DataController", "prov:Organization"],
            "dpv:hasName": policy.company.name.en,
            "dpv:hasRepresentative": {"@id": "sitthi:officer"},
        }
        officer = {
            "@id": "sitthi:officer",
            "@type": ["dpv:DataProtectionOfficer", "prov:Agent"],
            "dpv:hasName": policy.company.officer.name.en,
            "dpv:hasContact": policy.company.officer.email,
        }
        opening = b'{"@context":' + to_json(_CONTEXT) + b',"@graph":[\n' + to_json(controller)
        spool.append(STREAM, opening + b",\n" + to_json(officer))

    def watch(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The rows as they come; each leaves its node."""
        for row in rows:
            self._spool.append(STREAM, b",\n" + to_json(self._node(row)))
            yield row

    def chunks(self) -> Iterator[bytes]:
        """The whole document, once all rows passed."""
        yield from self._spool.read(STREAM)
        yield b"\n]}\n"

    def _node(self, row: tuple[Any, ...]) -> dict[str, Any]:
        ending, closed = row[_PLACE["ending"]], row[_PLACE["closed"]]
        node = {
            "@id": f"sitthi:{row[_PLACE['reference']]}",
            "@type": ["dpv:RightExerciseRecord", "prov:Activity"],
            "dpv:hasRight": {"@id": f"sitthi:right:{row[_PLACE['right']]}"},
            "dpv:hasStatus": {"@id": _status(ending)},
            "dct:date": row[_PLACE["received_on"]],
            "dct:valid": row[_PLACE["strict"]],
            "prov:startedAtTime": row[_PLACE["opened"]],
            "prov:wasAssociatedWith": {"@id": "sitthi:controller"},
        }
        if closed is not None:
            node |= {"prov:endedAtTime": closed, "sitthi:ending": ending}
        return node


def _status(ending: str | None) -> str:
    if ending is None:
        return "dpv:RequestAccepted"
    return _STATUS.get(Ending(ending), "dpv:RequestUnfulfilled")
