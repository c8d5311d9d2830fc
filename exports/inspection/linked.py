"""The register as linked data: JSON-LD in the terms of W3C DPV (what it is) and PROV-O (when, and by whom)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic_core import to_json

from domain.inspected import BY_NAME
from domain.outcomes import Ending
from exports.spool import Spool
from policy.model import Policy

STREAM = "linked"
Row = dict[str, Any]
"""A table's row by the names of its columns."""

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

    def watch(self, section: str, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The rows of a table as they come; each leaves its node, where its table has one in these terms."""
        node = _NODES.get(section)
        if node is None:
            return rows
        names = tuple(column.name for column in BY_NAME[section].columns)
        return self._watched(names, node, rows)

    def chunks(self) -> Iterator[bytes]:
        """The whole document, once all rows passed."""
        yield from self._spool.read(STREAM)
        yield b"\n]}\n"

    def _watched(
        self, names: tuple[str, ...], node: Callable[[Row], Row], rows: Iterator[tuple[Any, ...]]
    ) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self._spool.append(STREAM, b",\n" + to_json(node(dict(zip(names, row, strict=True)))))
            yield row


def _case(row: Row) -> Row:
    node = {
        "@id": f"sitthi:{row['reference']}",
        "@type": ["dpv:RightExerciseRecord", "prov:Activity"],
        "dpv:hasRight": {"@id": f"sitthi:right:{row['right']}"},
        "dpv:hasStatus": {"@id": _status(row["ending"])},
        "dct:date": row["received_on"],
        "dct:valid": row["strict"],
        "prov:startedAtTime": row["opened"],
        "prov:wasAssociatedWith": {"@id": "sitthi:controller"},
    }
    if row["closed"] is not None:
        node |= {"prov:endedAtTime": row["closed"], "sitthi:ending": row["ending"]}
    return node


def _merge(row: Row) -> Row:
    """From one case what was asked went over to another, until that was undone."""
    node = _after(row, f"sitthi:{row['reference']}:into:{row['into']}", "prov:Activity")
    node |= {"prov:informed": {"@id": f"sitthi:{row['into']}"}, "prov:startedAtTime": row["merged"]}
    return node if row["undone"] is None else node | {"prov:endedAtTime": row["undone"]}


def _instruction(row: Row) -> Row:
    """A tenant, who is the controller of what is asked about, tells its processor what to do."""
    node = _after(row, f"sitthi:{row['instruction']}", "prov:Activity")
    node |= {"prov:startedAtTime": row["given"], "sitthi:told": row["told"]}
    if row["carried_out_by"] is not None:
        node["prov:informed"] = {"@id": f"sitthi:{row['carried_out_by']}"}
    return node


def _told(row: Row) -> Row:
    """A recipient is told what to do with what it was given (s.37(2)); it ends with its answer."""
    node = _after(row, f"sitthi:{row['reference']}:told:{row['recipient']}", "dpv:Notice", "prov:Activity")
    node |= {
        "dpv:hasRecipient": {"@id": f"sitthi:recipient:{row['recipient']}"},
        "prov:startedAtTime": row["told"],
    }
    if row["answered"] is not None:
        node |= {"prov:endedAtTime": row["answered"], "sitthi:answer": row["said"]}
    return node


def _after(row: Row, made: str, *types: str) -> Row:
    return {"@id": made, "@type": [*types], "prov:wasInformedBy": {"@id": f"sitthi:{row['reference']}"}}


_NODES: Mapping[str, Callable[[Row], Row]] = {
    "cases": _case,
    "merges": _merge,
    "instructions": _instruction,
    "recipients": _told,
}


def _status(ending: str | None) -> str:
    if ending is None:
        return "dpv:RequestAccepted"
    return _STATUS.get(Ending(ending), "dpv:RequestUnfulfilled")
