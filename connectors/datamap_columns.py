"""Columns of a map: kinds, labels, how they are anonymised."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.datamap import Change, ColumnMap, Kind, Rule, Stored
from connectors.datamap_yaml import Node
from domain.identifiers import IdentifierKind
from domain.item import Basis, Label

_MAY = ("label", "kind", "anonymise", "identifier", "stored", "held", "unit", "basis", "source", "redact")
_UNLABELLED = frozenset({Kind.KEY, Kind.RESTRICTION, Kind.BOOKKEEPING})
TOKEN = "{token}"  # noqa: S105 - a place in a template


def read_label(node: Node) -> Label:
    """`[ไทย, English]` or `{th: ไทย, en: English}`."""
    if node.is_list:
        words = node.texts()
        if len(words) != len(Label.model_fields):
            raise node.wrong("label-malformed", "write [ไทย, English]")
        return Label(th=words[0], en=words[1])
    given = node.fields(needs=("th", "en"))
    return Label(th=given["th"].text(), en=given["en"].text())


def read_source(node: Node, sources: Mapping[str, Label]) -> Label:
    """A label, or the name of one under `sources`."""
    if node.is_list or node.is_mapping:
        return read_label(node)
    return sources[node.choice(tuple(sources))]


def read_rule(node: Node) -> Rule:
    """`keep`, `clear`, `hash`, `{fixed: VALUE}` or `{unique: "x-{token}"}`."""
    if not node.is_mapping:
        return Rule(Change(node.choice((Change.KEEP, Change.CLEAR, Change.HASH))))
    given = node.fields(may=(Change.FIXED, Change.UNIQUE))
    if given.keys() == {Change.FIXED}:
        return Rule(Change.FIXED, given["fixed"].plain())
    if given.keys() == {Change.UNIQUE}:
        template = given["unique"].text()
        if TOKEN not in template:
            raise node.wrong("surrogate-without-token", f"write {TOKEN} where the surrogates are to differ")
        return Rule(Change.UNIQUE, template)
    raise node.wrong("anonymise-unclear", "give one of keep, clear, hash, {fixed: ...}, {unique: ...}")


def read_column(name: str, node: Node, sources: Mapping[str, Label]) -> ColumnMap:
    """One column. `key` alone is short for `{kind: key}`, a label alone for a column of data."""
    if node.is_list:
        return ColumnMap(name, Kind.DATA, read_label(node), node.line)
    if not node.is_mapping:
        return ColumnMap(name, Kind(node.choice(tuple(_UNLABELLED))), None, node.line)
    given = node.fields(may=_MAY)
    kind = Kind(given["kind"].choice(tuple(Kind))) if "kind" in given else Kind.DATA
    if "label" not in given and kind not in _UNLABELLED:
        raise node.wrong("label-missing", "give it a label as [ไทย, English]")
    if "stored" in given and "identifier" not in given:
        raise given["stored"].wrong("stored-without-identifier", "only identifiers are stored in a form")
    rule = read_rule(given["anonymise"]) if "anonymise" in given else None
    if rule and rule.change is Change.HASH and "identifier" in given:
        # Whoever has the key finds the person by it again: pseudonymised, and still personal data (Notification 2567).
        raise given["anonymise"].wrong(
            "hash-is-no-anonymisation", "clear it, or write {unique: ...} or {fixed: ...}"
        )
    return ColumnMap(
        name=name,
        kind=kind,
        label=read_label(given["label"]) if "label" in given else None,
        line=node.line,
        rule=rule,
        identifier=_identifier(given.get("identifier")),
        stored=Stored(given["stored"].choice(tuple(Stored))) if "stored" in given else Stored.ANYHOW,
        held_keeps=given["held"].choice(("keep", "erase")) == "keep" if "held" in given else True,
        redact=given["redact"].truth() if "redact" in given else False,
        unit=given["unit"].text() if "unit" in given else "",
        basis=Basis(given["basis"].choice(tuple(Basis))) if "basis" in given else None,
        source=read_source(given["source"], sources) if "source" in given else None,
    )


def _identifier(node: Node | None) -> IdentifierKind | None:
    return None if node is None else IdentifierKind(node.choice(tuple(IdentifierKind)))
