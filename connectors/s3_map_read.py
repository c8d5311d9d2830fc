"""From YAML to the object map's values; each rule of the format once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.datamap_columns import read_label, read_source
from connectors.datamap_read import DATES, read_unit
from connectors.datamap_yaml import Node, read_yaml
from connectors.s3_map import (
    LAST_MODIFIED,
    TENANT,
    BucketMap,
    Condition,
    ContractRule,
    IdMap,
    Mark,
    ObjectMap,
    Remnants,
    StoreMap,
    Template,
)
from domain.identifiers import IdentifierKind
from domain.item import Basis, Label, Role
from domain.outcomes import Outcome

_ON_ERASE = {"erase": Outcome.ERASE, "review": Outcome.REVIEW}
_NEEDS = ("label", "unit", "basis", "source", "bucket", "keys", "on_erase")
_MAY = ("role", "where", "dates", "holds", "contract_open", "give", "show")
_PLACE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z_]*")
_SEGMENT = "[^/]+"
_MARKS = ("tag", "metadata")
_LOCKS = ("governance", "compliance")


@dataclass(frozen=True, slots=True)
class _Reader:
    sources: Mapping[str, Label]
    ids: Mapping[str, IdMap]
    buckets: Mapping[str, BucketMap]

    def objects(self, name: str, node: Node) -> ObjectMap:
        given = node.fields(needs=_NEEDS, may=_MAY)
        bucket = given["bucket"].choice(tuple(self.buckets))
        if self.buckets[bucket].replica_of:
            raise given["bucket"].wrong("bucket-is-a-replica", "name the bucket that it replicates")
        where = self._where(given["where"]) if "where" in given else ()
        keys = tuple(self._key(part, needs_id=not where) for part in _parts(given["keys"]))
        role = Role(given["role"].choice(tuple(Role))) if "role" in given else Role.CONTROLLER
        of_tenant = all(TENANT in key.ids for key in keys) or any(TENANT in one.value.ids for one in where)
        if (role is Role.PROCESSOR) != of_tenant:
            raise given["keys"].wrong(
                "tenant-unclear", "what is held as processor, and only that, names the {tenant} in its keys"
            )
        return ObjectMap(
            name=name,
            label=read_label(given["label"]),
            unit=read_unit(given["unit"]),
            basis=Basis(given["basis"].choice(tuple(Basis))),
            source=read_source(given["source"], self.sources),
            bucket=bucket,
            on_erase=_ON_ERASE[given["on_erase"].choice(tuple(_ON_ERASE))],
            line=node.line,
            keys=keys,
            where=where,
            role=role,
            dates={event: _mark(part) for event, part in given["dates"].fields(may=DATES).items()}
            if "dates" in given
            else {},
            holds=given["holds"].texts() if "holds" in given else (),
            contract=_contract(given["contract_open"]) if "contract_open" in given else ContractRule(),
            given=_truth(given["give"]) if "give" in given else True,
            show=_shown(given["show"]) if "show" in given else {},
        )

    def _key(self, node: Node, *, needs_id: bool) -> Template:
        template = self._template(node)
        if needs_id and not set(template.ids) - {TENANT}:
            raise node.wrong("key-without-id", "put an id of the person in it, or say `where`")
        if template.text.startswith("/"):
            raise node.wrong("key-malformed", "a key begins without a slash")
        return template

    def _template(self, node: Node) -> Template:
        text = node.text()
        found = tuple(dict.fromkeys(_PLACE.findall(text)))
        for name in found:
            if name != TENANT and name not in self.ids:
                raise node.wrong("unknown-id", f"name `{name}` under `ids`, or mend the word")
        if "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
            raise node.wrong("key-malformed", "write each id as {name}")
        return Template(text, node.line, found)

    def _where(self, node: Node) -> tuple[Condition, ...]:
        found = []
        for kind, part in node.fields(may=_MARKS).items():
            for name, value in part.pairs():
                template = self._template(value)
                if not set(template.ids) - {TENANT}:
                    raise value.wrong("condition-without-id", "compare it with an id of the person")
                found.append(Condition(Mark(kind, name), template))
        if not found:
            raise node.wrong("condition-missing", "give a tag or a metadata field and its value")
        return tuple(found)


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts() if node.is_list else (node,)


def _truth(node: Node) -> bool:
    value = node.scalar()
    if not isinstance(value, bool):
        raise node.wrong("not-a-truth", "write true or false")
    return value


def _mark(node: Node) -> Mark:
    """`last_modified`, `metadata.NAME` or `tag.NAME`."""
    text = node.text()
    if text == LAST_MODIFIED:
        return Mark(LAST_MODIFIED)
    kind, _, name = text.partition(".")
    if kind not in _MARKS or not name:
        raise node.wrong("mark-malformed", "write last_modified, metadata.NAME or tag.NAME")
    # S3 keeps names of metadata in lower case, whatever the writer said.
    return Mark(kind, name.lower() if kind == "metadata" else name)


def _contract(node: Node) -> ContractRule:
    if not node.is_mapping:
        return ContractRule(always=_truth(node))
    given = node.fields(needs=("status", "open"))
    return ContractRule(mark=_mark(given["status"]), states=given["open"].texts())


def _shown(node: Node) -> dict[Mark, Label]:
    shown = {}
    for name, part in node.pairs():
        kind, _, field = name.partition(".")
        if kind not in _MARKS or not field:
            raise part.wrong("mark-malformed", "write metadata.NAME or tag.NAME")
        shown[Mark(kind, field.lower() if kind == "metadata" else field)] = read_label(part)
    return shown


def _id(name: str, node: Node) -> IdMap:
    if not _NAME.fullmatch(name) or name == TENANT:
        raise node.wrong("id-name-malformed", "small letters and _, and not `tenant`")
    given = node.fields(may=("system", "table", "column", "identifier", "pattern"))
    pattern = _pattern(given.get("pattern"))
    if given.keys() >= {"system", "table", "column"} and "identifier" not in given:
        return IdMap(
            name,
            node.line,
            pattern,
            system=given["system"].text(),
            table=given["table"].text(),
            column=given["column"].text(),
        )
    if given.keys() <= {"identifier", "pattern"} and "identifier" in given:
        kind = IdentifierKind(given["identifier"].choice(tuple(IdentifierKind)))
        if kind is IdentifierKind.REF and "pattern" not in given:
            raise node.wrong("pattern-missing", "say by which pattern this system's ids are known")
        return IdMap(name, node.line, pattern, identifier=kind)
    raise node.wrong("id-unclear", "give `system`, `table` and `column`, or `identifier`")


def _pattern(node: Node | None) -> re.Pattern[str]:
    if node is None:
        return re.compile(_SEGMENT)
    try:
        return re.compile(node.text())
    except re.error:
        raise node.wrong("pattern-malformed", "write a regular expression") from None


def _bucket(name: str, node: Node) -> BucketMap:
    given = node.fields(needs=("bucket",), may=("region", "replica_of", "lock_held"))
    return BucketMap(
        name=name,
        bucket=given["bucket"].text(),
        line=node.line,
        region=given["region"].text() if "region" in given else "",
        replica_of=given["replica_of"].text() if "replica_of" in given else "",
        lock_held=given["lock_held"].choice(_LOCKS) if "lock_held" in given else "",
    )


def _remnants(node: Node, sources: Mapping[str, Label]) -> Remnants:
    given = node.fields(needs=("label", "unit", "basis", "source"))
    return Remnants(
        name="remnants",
        label=read_label(given["label"]),
        unit=read_unit(given["unit"]),
        basis=Basis(given["basis"].choice(tuple(Basis))),
        source=read_source(given["source"], sources),
    )


def load_store_map(path: Path) -> StoreMap:
    """An object map, consistent in itself.

    Raises:
        DataMapInvalid: names file and line, and what stands there.
    """
    top = read_yaml(path)
    given = top.fields(needs=("ids", "buckets", "objects", "remnants"), may=("sources",))
    sources = (
        {name: read_label(part) for name, part in given["sources"].pairs()} if "sources" in given else {}
    )
    ids = {name: _id(name, part.named("id", name)) for name, part in given["ids"].pairs()}
    buckets = {name: _bucket(name, part.named("bucket", name)) for name, part in given["buckets"].pairs()}
    reader = _Reader(sources, ids, buckets)
    found = StoreMap(
        file=str(path),
        ids=ids,
        buckets=buckets,
        objects={
            name: reader.objects(name, part.named("table", name)) for name, part in given["objects"].pairs()
        },
        remnants=_remnants(given["remnants"], sources),
    )
    _fits_itself(found)
    return found


def _fits_itself(found: StoreMap) -> None:
    names: dict[str, str] = {}
    for bucket in found.buckets.values():
        origin = found.buckets.get(bucket.replica_of)
        if bucket.replica_of and (origin is None or origin.replica_of):
            raise found.wrong(
                "replica-of-unknown",
                "name a bucket of this map that is no replica",
                bucket.line,
                bucket=bucket.name,
            )
        if names.setdefault(bucket.bucket, bucket.name) != bucket.name:
            raise found.wrong("bucket-twice", "map each bucket once", bucket.line, bucket=bucket.name)
    labels: dict[str, str] = {}
    for label, name, line in (
        *((one.label, one.name, one.line) for one in found.objects.values()),
        (found.remnants.label, found.remnants.name, 1),
    ):
        for told in (label.th, label.en):
            if labels.setdefault(told.casefold(), name) != name:
                raise found.wrong("label-twice", "tell the classes apart", line, table=name)
    if found.remnants.name in found.objects:
        raise found.wrong(
            "name-taken", "`remnants` is the engine's own", found.objects[found.remnants.name].line
        )
