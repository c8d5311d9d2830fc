"""Proposing a data map for a database that nobody described: from its catalogue, its names, and what stands in it.

A proposal is no map yet: every guess stands with its reason beside it, and a person decides. What it leaves out is worse
than what it asks too much, so a table from which a path leads to a person is proposed as personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from connectors.discover_values import Looks, looks
from connectors.sql_change import TOKEN_LENGTH
from connectors.sql_engine import open_engine
from connectors.sql_errors import translated
from connectors.sql_schema import Catalogue, Reference, python_type, reflect

_SAMPLE = 200
"""Rows looked at in a table."""
_SURROGATE = "{token}@erased.invalid"
_ERASED = "erased"
_WORDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("discover_words.yaml").read_text("utf-8"))


def words(kind: str) -> frozenset[str]:
    """The words of one kind; groups of them are joined."""
    return frozenset(word for part in _WORDS[kind] for word in (part if isinstance(part, list) else [part]))


@dataclass
class Draft:
    """A map on its way: plain values as YAML takes them, and the reason of each guess by table and column."""

    persons: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_personal: list[str] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Seen:
    """One table with what its sample looks like, by column."""

    name: str
    table: sa.Table
    looks: Mapping[str, tuple[Looks, int]]
    rows: int

    def alike(self, *kinds: Looks) -> list[str]:
        return [name for name, (kind, _) in self.looks.items() if kind in kinds]


def discover(url: str, system: str = "system") -> Draft:
    """A proposal for the database at an address; reads catalogue and samples, writes nothing.

    Raises:
        Unavailable: the database cannot be reached.
        Refused: it answered, and will not do it.
    """
    with translated(system):
        engine = open_engine(url)
        try:
            catalogue = reflect(engine, ())
            with engine.connect() as connection:
                seen = {name: _look(connection, catalogue.tables[name]) for name in sorted(catalogue.live)}
        finally:
            engine.dispose()
    return _Guess(catalogue, seen).draft()


def _look(connection: sa.Connection, table: sa.Table) -> _Seen:
    rows = connection.execute(sa.select(table).limit(_SAMPLE)).mappings().all()
    found = {column.name: looks(row[column.name] for row in rows) for column in table.columns}
    return _Seen(table.fullname, table, found, len(rows))


def plain(name: str) -> str:
    """A name in small letters with underscores, as `FirstName` is `first_name`."""
    parts = [
        ("_" + char.lower()) if char.isupper() and at and not name[at - 1].isupper() else char.lower()
        for at, char in enumerate(name)
    ]
    return "".join(parts).replace("-", "_").replace(" ", "_").replace("__", "_")


def _is(name: str, kind: str) -> bool:
    return plain(name) in words(kind) or plain(name).replace("_", "") in words(kind)


def _ends(name: str, kind: str) -> bool:
    """Whether a name is one of the words, or ends in one after an underscore."""
    own = plain(name)
    return _is(name, kind) or any(own.endswith("_" + word) for word in words(kind))


def _singular(name: str) -> str:
    own = plain(name.rpartition(".")[2])
    return own.removesuffix("s") if not own.endswith("ss") else own


class _Guess:
    """Guesses about one database."""

    def __init__(self, catalogue: Catalogue, seen: Mapping[str, _Seen]) -> None:
        self._catalogue, self._seen = catalogue, seen
        self._found = Draft()
        self._prefix = _common_prefix(list(seen))

    def draft(self) -> Draft:
        """Persons, then what leads to them, then what knows an address of its own; the rest holds nobody."""
        persons = [name for name in self._seen if self._is_person(name)]
        paths: dict[str, list[Any]] = {name: [] for name in persons}
        self._behind(persons, paths)
        self._spread(paths)
        for name in self._seen:
            self._by_address(name, paths, is_person=name in persons)
        self._spread(paths)
        for name in sorted(paths, key=lambda name: name not in persons):
            self._table(name, paths[name], is_person=name in persons)
        for name in persons:
            self._person(name)
        self._found.not_personal = [name for name in sorted(self._seen) if name not in paths]
        return self._found

    def _reason(self, table: str, column: str, why: str) -> None:
        self._found.reasons[table, column] = why

    def _bare(self, name: str) -> str:
        return plain(name).removeprefix(self._prefix)

    def _is_person(self, name: str) -> bool:
        seen = self._seen[name]
        columns = [column.name for column in seen.table.columns]
        named = [one for one in columns if _is(one, "names")]
        reached = [one for one in columns if _is(one, "emails") or _is(one, "phones")] + seen.alike(
            Looks.EMAIL
        )
        called = _singular(self._bare(name)) in {_singular(word) for word in words("persons")}
        referred = any(one.child != name for one in self._catalogue.referring_to(name))
        key = [column.name for column in seen.table.primary_key.columns]
        beside = self._beside(name) if called and not reached else []
        if beside:
            self._reason(
                name, "", f"a table of persons: called so, and {', '.join(beside)} hold their addresses"
            )
            return bool(key and named)
        if not (key and named and reached and (called or (referred and len(named) > 1))):
            return False
        why = f"has {', '.join(dict.fromkeys((*named, *reached)))}" + (
            " and is called so" if called else "; others refer to it"
        )
        self._reason(name, "", f"a table of persons: {why}")
        return True

    def _beside(self, name: str) -> list[str]:
        """Tables that hold the addresses of rows here, several a row."""
        found = (
            one.child
            for one in self._catalogue.referring_to(name)
            if one.child in self._seen and self._is_list_of_addresses(one.child)
        )
        return list(dict.fromkeys(found))

    def _is_list_of_addresses(self, name: str) -> bool:
        called = self._bare(name) in words("emails") | words("phones")
        return called and any(
            _is(column.name, "emails") or _is(column.name, "phones")
            for column in self._seen[name].table.columns
        )

    def _behind(self, persons: Sequence[str], paths: dict[str, list[Any]]) -> None:
        """What persons refer to, and say of themselves there: an address, say, which several may share."""
        for reference in self._catalogue.references:
            seen = self._seen.get(reference.parent)
            if reference.child not in persons or seen is None or reference.parent in persons:
                continue
            columns = [column.name for column in seen.table.columns]
            own = [
                one for one in columns if _is(one, "addresses") or _is(one, "phones") or _is(one, "emails")
            ]
            if len(own) > 1:
                path = f"{', '.join(reference.targets)} -> {reference.child}.{', '.join(reference.columns)}"
                paths.setdefault(reference.parent, []).append(path)
                self._reason(
                    reference.parent, f"path {path}", f"persons refer to it, and it has {', '.join(own)}"
                )

    def _spread(self, paths: dict[str, list[Any]]) -> None:
        """Tables that refer to personal ones are personal, table by table, until none is added."""
        frontier = list(paths)
        while frontier:
            fresh: list[str] = []
            for parent in frontier:
                for reference, why in self._referring(parent):
                    known = reference.child in paths
                    path = _hop(reference)
                    if reference.child != parent and path not in paths.setdefault(reference.child, []):
                        paths[reference.child].append(path)
                        self._reason(reference.child, f"path {path}", why)
                        fresh += [] if known else [reference.child]
            frontier = fresh

    def _referring(self, parent: str) -> Iterator[tuple[Reference, str]]:
        for reference in self._catalogue.referring_to(parent):
            staff = any(_is(column, "staff_links") for column in reference.columns)
            if reference.child in self._seen and not staff:  # a partition is reached through its whole
                yield reference, "a foreign key"
        yield from self._by_name(parent)

    def _by_name(self, parent: str) -> Iterator[tuple[Reference, str]]:
        """Columns called after a table, of its key's type, without a foreign key."""
        key = tuple(column.name for column in self._seen[parent].table.primary_key.columns)
        if len(key) != 1:
            return
        own = _singular(self._bare(parent))
        called = {
            f"{own}_id",
            f"fk_{own}",
            f"{own}id",
            f"id_{own}",
            f"fk_{self._bare(parent)}",
            f"fk_{own[:3]}" if own == "societe" else "",
        }
        kind = python_type(self._seen[parent].table.c[key[0]])
        for name, seen in self._seen.items():
            bound = {
                column for one in self._catalogue.references if one.child == name for column in one.columns
            }
            for column in seen.table.columns:
                fits = plain(column.name) in called and python_type(column) is kind and name != parent
                if fits and column.name not in bound and not _is(column.name, "staff_links"):
                    yield (
                        Reference(name, (column.name,), parent, key, ""),
                        "called after it, without a foreign key",
                    )

    def _by_address(self, name: str, paths: dict[str, list[Any]], *, is_person: bool) -> None:
        seen = self._seen[name]
        for column, (kind, count) in seen.looks.items():
            if kind is Looks.EMAIL and not is_person:
                paths.setdefault(name, []).append({"identifier": "email", "column": column})
                self._reason(
                    name,
                    f"path {paths[name][-1]}",
                    f"{count} of {seen.rows} sampled rows hold an e-mail address",
                )
            elif kind is Looks.EMAIL_INSIDE and (name in paths or count > seen.rows / 10):
                paths.setdefault(name, []).append({"mentions": ["email"], "column": column})
                self._reason(
                    name, f"path {paths[name][-1]}", f"{count} of {seen.rows} sampled rows mention one"
                )

    def _table(self, name: str, paths: Sequence[Any], *, is_person: bool) -> None:
        seen = self._seen[name]
        document = any(_singular(word) in _singular(self._bare(name)) for word in words("documents"))
        dated = next(
            (column.name for column in seen.table.columns if _is(column.name, "dates") and _is_date(column)),
            "",
        )
        behind = any(
            isinstance(path, str) and path.partition(" ->")[0] in seen.table.primary_key.columns
            for path in paths
        )
        on_erase = "anonymise" if is_person or behind else "erase"
        columns = {
            column.name: self._column(seen, column, anonymised=on_erase == "anonymise")
            for column in seen.table.columns
        }
        _tell_apart(columns)
        told: dict[str, Any] = {
            "label": self._label(self._bare(name).replace("_", " "), table=name),
            "unit": "U01" if is_person else "U05" if document else "U06",
            "basis": "legal-obligation" if document and dated else "contract",
            "source": "given",
            "on_erase": on_erase,
        }
        if paths:
            told["paths"] = list(paths)
        if not seen.table.primary_key.columns:
            told["key"] = [column.name for column in seen.table.columns]
            self._reason(name, "key", "no primary key: name columns that tell rows apart")
        if document and dated:
            told |= {"holds": ["H-DOC"], "dates": {"document_date": dated}}
            self._reason(name, "holds", "called like a document of the books, with a date")
        self._found.tables[name] = {**told, "columns": columns}

    def _column(self, seen: _Seen, column: sa.Column[Any], *, anonymised: bool) -> Any:
        name, (kind, count) = column.name, seen.looks[column.name]
        bound = {one for ref in self._catalogue.references if ref.child == seen.name for one in ref.columns}
        if column.primary_key or name in bound:
            return "key"
        if _is(name, "books"):
            self._reason(seen.name, name, "called like what the database writes by itself")
            return "bookkeeping"
        told: dict[str, Any] = {"label": self._label(plain(name).replace("_", " "))}
        if _is(name, "secrets"):
            self._reason(seen.name, name, "called like a secret")
            told["kind"] = "secret"
        elif python_type(column) is bytes:
            told["kind"] = "attachment"
        elif _ends(name, "texts") and python_type(column) is str:
            told |= {"kind": "free-text", "redact": True}
        elif kind is Looks.EMAIL_INSIDE:
            told["redact"] = True
        personal = self._identify(seen, column, told, kind, count)
        if anonymised and (rule := self._rule(seen, column, personal=personal, told=told)):
            told["anonymise"] = rule
        return told["label"] if told.keys() == {"label"} else told

    def _identify(
        self, seen: _Seen, column: sa.Column[Any], told: dict[str, Any], kind: Looks, count: int
    ) -> bool:
        """Whether a column says who a person is; flags what they are known by."""
        name, text = column.name, python_type(column) is str
        by_name = {"email": "emails", "phone": "phones"}
        for known_by, looked in (("email", Looks.EMAIL), ("phone", Looks.PHONE)):
            called = text and _ends(name, by_name[known_by]) and kind in {looked, Looks.NOTHING}
            if (kind is looked and (called or known_by == "email")) or (called and not count):
                told["identifier"] = known_by
                why = (
                    f"{count} of {seen.rows} sampled rows look like one"
                    if count
                    else "by its name; the sample is empty"
                )
                self._reason(seen.name, name, f"{known_by}: {why}")
                return True
        if kind is Looks.THAI_ID:
            told["identifier"] = "ref"
            self._reason(seen.name, name, f"Thai national id: {count} of {seen.rows} have its check digit")
            return True
        for kinds in ("names", "addresses", "births", "texts", "phones"):
            if _ends(name, kinds):
                self._reason(seen.name, name, f"called like {kinds}")
                return True
        return "redact" in told

    def _rule(self, seen: _Seen, column: sa.Column[Any], *, personal: bool, told: Mapping[str, Any]) -> Any:
        if column.name in self._catalogue.computed[seen.name] or not (
            personal or told.get("kind") in {"secret", "attachment"}
        ):
            return "keep"
        unique = any(column.name in one for one in self._catalogue.uniques[seen.name]) or any(
            column.name in text for text in self._catalogue.expressions[seen.name]
        )
        length = getattr(column.type, "length", None) or 1 << 16
        if unique and python_type(column) is str:
            fits = length >= TOKEN_LENGTH + len(_SURROGATE) and told.get("identifier") == "email"
            return {"unique": _SURROGATE if fits else "{token}"}
        if column.nullable:
            return "clear"
        kind = python_type(column)
        if kind is str:
            return {"fixed": _ERASED[:length]}
        if kind is dict:
            return {"fixed": {}}
        return "keep"

    def _label(self, name: str, table: str = "") -> list[str]:
        known = _WORDS["labels"]
        thai = " ".join(str(known.get(word, word)) for word in name.split()) or name
        english = name[:1].upper() + name[1:]
        if table and any(english == one["label"][1] for one in self._found.tables.values()):
            thai, english = f"{thai} ({table})", f"{english} ({table})"
        elif table and any(thai == one["label"][0] for one in self._found.tables.values()):
            thai = f"{thai} ({table})"
        return [thai, english]

    def _person(self, name: str) -> None:
        seen = self._seen[name]
        named = [column.name for column in seen.table.columns if _is(column.name, "names")]
        told: dict[str, Any] = {"shown": named}
        if beside := self._beside(name):
            told["known_by"] = beside
        given = [one for one in named if plain(one).replace("_", "") in {"firstname", "prenom"}]
        family = [one for one in named if plain(one).replace("_", "") in {"lastname", "surname", "nom"}]
        if given and family and given != family:
            told["names"] = [f"{{{given[0]}}} {{{family[0]}}}", f"{{{family[0]}}}, {{{given[0]}}}"]
        self._found.persons[name] = told


def _hop(reference: Reference) -> str:
    return f"{', '.join(reference.columns)} -> {reference.parent}.{', '.join(reference.targets)}"


def _is_date(column: sa.Column[Any]) -> bool:
    return python_type(column).__name__ in {"date", "datetime"}


def _common_prefix(names: Sequence[str]) -> str:
    """What most tables begin with (`llx_`), so that it tells nothing."""
    first = [name.partition("_")[0] + "_" for name in names if "_" in name]
    most = max(set(first), key=first.count, default="")
    return most if first.count(most) > len(names) / 2 else ""


def _tell_apart(columns: Mapping[str, Any]) -> None:
    """Labels that would be the same are told apart by the column's own name."""
    for language in (0, 1):
        seen: set[str] = set()
        for name, told in columns.items():
            label = told.get("label") if isinstance(told, dict) else told if isinstance(told, list) else None
            if label is None:
                continue
            if label[language].casefold() in seen:
                label[language] = f"{label[language]} ({name})"
            seen.add(label[language].casefold())
