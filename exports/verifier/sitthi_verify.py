"""Checks an audit export of Sitthi, alone and offline (ตรวจชุดเอกสารตรวจสอบได้เอง โดยไม่ต้องต่อเครือข่าย).

    python sitthi_verify.py FILE [--head HEAD.json ...] [--key PUBLIC-KEY] [--tsa-cert CERTIFICATE]

Needs Python 3.9 and the package `cryptography` (42 or later), nothing of the company's. HEAD is a head of the audit chain that the
company published earlier: it shows what a package by itself can't, that no later end was cut off and nothing before it
rewritten. PUBLIC-KEY (64 hex digits, or a file with them) is the company's, known from elsewhere. CERTIFICATE is the
time stamping authority's, or its issuer's, known from elsewhere: no file inside a package can say whom to trust.

Exit code: 0 all that was checked holds; 1 something does not; 2 the file is none that can be checked.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Facts = dict[str, Any]
Zip = zipfile.ZipFile
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_FILES, MOST_BYTES, MOST_RATIO = 200_000, 64 << 30, 300
MOST_WHOLE, MOST_LINE, CHUNK = 64 << 20, 16 << 20, 1 << 20
MALFORMED = (
    *(LookupError, TypeError, ValueError, AttributeError, RecursionError, StopIteration, EOFError),
    *(
        zipfile.BadZipFile,
        UnsupportedAlgorithm,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.InvalidVersion,
    ),
)
SHA2 = {f"060960864801650304020{number}": f"sha{bits}" for number, bits in ((1, 256), (2, 384), (3, 512))}
DIGEST, PSS = "06092a864886f70d010904", "06092a864886f70d01010a"  # messageDigest, RSASSA-PSS
HASHES = ("sha1", *SHA2.values())
STAMPING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")
HEAD = ("format", "version", "count", "chain", "root", "exports", "at")
ASK = "openssl ts -verify -token_in -in manifest.sig.tst -data manifest.sig.json -CAfile AUTHORITY.pem"

WITNESSES = """
case:opened cases opened - reference=reference right=right request=request
case:closed cases closed - ending=ending
letter:queued letters queued - letter=letter code=code text_sha256=sha256
letter:posted posts entered entered_by letter=letter code=code posted_on=received
delivery:delivered fates noted - delivery=delivery fate=is
delivery:bounced fates noted - delivery=delivery fate=is
delivery:dropped fates noted - delivery=delivery fate=is
system:skip-confirmed left_out decided confirmer system=system ground=ground
case:cancel-proposed stops proposed proposer mistake=code ground=ground
case:cancelled stops decided decided_by mistake=code ground=ground
death:proposed deaths proposed proposer shown=evidence
death:confirmed deaths decided confirmer shown=evidence
case:merged merges merged merged_by *into=to
case:unmerged merges undone - *into=to
instruction:given instructions given given_by instruction=request told=kind source=method
errand:asked errands asked - system=system asks=code due_on=due
errand:overdue errands overdue - system=system asks=code
errand:answered errands answered answered_by *system=system *asks=code
recipient:told recipients told - recipient=system by_day=due
recipient:answered recipients answered answered_by *recipient=system said=code evidence=evidence
suppression:entered suppressions entered - why=code entries=count
suppression:lifted suppressions lifted lifted_by
"""
"""An event; the table that has a row for it; the row's columns of when and by whom; and what its columns have of the event's
facts (`is`: the event itself). Starred columns tell one thing from another: of that, the last word alone has a row."""


def telling() -> Iterator[tuple[str, tuple[Any, ...]]]:
    for event, table, when, who, *pairs in map(str.split, WITNESSES.strip().splitlines()):
        columns = dict(pair.lstrip("*").split("=") for pair in pairs)
        own = [pair[1:].partition("=")[0] for pair in pairs if pair[0] == "*"]
        yield event, (table, when, who.strip("-"), columns, own)


TELLING: dict[str, Any] = dict(telling())
TABLES = {
    table: [(event, *rest) for event, (of, *rest) in TELLING.items() if of == table]
    for table, *_ in TELLING.values()
}

WORDS = {
    "signature": ("ลายมือชื่อดิจิทัลของรายการแฟ้ม", "the manifest's signature (Ed25519)"),
    "key": ("ลายมือชื่อเป็นของกุญแจที่ท่านระบุ", "it is of the key that you named"),
    "files": ("แฟ้มครบถ้วน ค่าแฮชถูกต้องทุกแฟ้ม", "every file is there, with its hash, and no other"),
    "counts": ("จำนวนแถวของทุกตารางตรงกัน", "the rows of every table are as many as the manifest says"),
    "chain": ("สายโซ่เหตุการณ์ต่อเนื่องทุกข้อ", "the events hold, link by link, each at its place in the tree"),
    "tree": ("หลักฐานเป็นของหัวสายโซ่ในรายการแฟ้ม", "the proof is of the head that the manifest names"),
    "cases": ("อ่านทะเบียนคำขอได้", "the register of requests can be read"),
    "register": ("ทะเบียนและตารางตรงกับเหตุการณ์", "the tables say what the events say, row by row"),
    "fates": ("ผลการนำส่งตรงกับรายงานของผู้ให้บริการ", "what became of each delivery is what was last told of it"),
    "head": ("ชุดเอกสารต่อเนื่องจากหัวสายโซ่ที่เผยแพร่", "the package goes on from the published head"),
    "timestamp": (
        "การประทับรับรองเวลาเป็นของลายมือชื่อนี้ และลงลายมือชื่อไว้ถูกต้อง",
        "the timestamp (RFC 3161) is over this signature, and truly signed",
    ),
    "no-key": ("กุญแจเป็นของบริษัทหรือไม่ (ไม่ได้ระบุ --key)", "whose key it is: no --key was given, nor --head"),
    "no-head": ("ถูกตัดท้ายหรือเป็นชุดเก่าหรือไม่ (ไม่มี --head)", "whether its end was cut, or it is old: no --head"),
    "no-path": ("ไม่มีหลักฐานที่โยงถึงหัวสายโซ่นี้", "the package has no proof that reaches to this head"),
    "between": ("เหตุการณ์ของคำขออื่น และข้อท้ายสุดของคำขอที่เลือก", "other cases' events, and each case's last ones"),
    "outside": ("ความจริงของสิ่งที่อยู่นอกสายโซ่ เช่น เนื้อความใน PDF", "what the chain does not hold: the PDF's words"),
    "no-timestamp": ("เวลาที่จัดทำ: ไม่มีผู้ใดประทับรับรองเวลา", "when it was made: nobody else stamped its time"),
    "lost": ("เวลาที่จัดทำ: ไม่มีการประทับรับรอง หรือถูกนำออก", "when: no timestamp came, or it was taken out"),
    "authority": (
        "ผู้ให้บริการประทับรับรองเวลาเชื่อถือได้หรือไม่ (ไม่ได้ระบุ --tsa-cert)",
        f"whether the time stamping authority is to be trusted: no --tsa-cert was given. Ask: {ASK}",
    ),
}
"""What is checked, and what can't be: Thai and English."""


class Unusable(Exception):
    """The file is no package, or one that might do harm: nothing of it is looked at."""


class Broken(Exception):
    """Something does not hold; the code names it."""


class Report:
    """What held, what did not, and what could not be checked."""

    def __init__(self) -> None:
        self.held: list[tuple[str, str]] = []
        self.broken: list[tuple[str, str]] = []
        self.unchecked: list[str] = []

    def check(self, what: str, deed: Callable[..., Any], *given: Any) -> Any:
        """Run one check; it returns what it found, and raises `Broken` where something does not hold."""
        try:
            found = deed(*given)
        except (Broken, *MALFORMED) as error:
            malformed = f"malformed ({type(error).__name__})"
            self.broken.append((what, str(error) if isinstance(error, Broken) else malformed))
            return None
        self.held.append((what, found if isinstance(found, str) else ""))
        return found


def opened(path: str) -> Zip:
    try:
        package = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unusable("not a readable zip") from None
    entries = package.infolist()
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Unusable("too many files, or too large")
    seen = set()
    for entry in entries:
        name = entry.filename
        if name in seen or name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise Unusable("a file name that a package never has")
        if entry.external_attr >> 28 == 0o12 or entry.flag_bits & 1 or entry.compress_type not in PACKED:
            raise Unusable("a link, an encrypted file, or an unknown compression")
        if entry.file_size > MOST_RATIO * max(entry.compress_size, 4096):
            raise Unusable("a file that grows out of proportion")
        seen.add(name)
    if not {"manifest.json", "manifest.sig.json"} <= seen:
        raise Unusable("no manifest: not an audit export")
    return package


def whole(package: Zip, name: str) -> bytes:
    if package.getinfo(name).file_size > MOST_WHOLE:
        raise Broken(f"{name}: too large")
    return package.read(name)


def lines(package: Zip, name: str) -> Iterator[bytes]:
    with io.BufferedReader(package.open(name), CHUNK) as file:  # type: ignore[type-var]
        while line := file.readline(MOST_LINE):
            if not line.endswith(b"\n"):
                raise Broken(f"{name}: a line that does not end")
            yield line


def signed(package: Zip) -> str:
    """Check the signature; returns the public key."""
    told = json.loads(whole(package, "manifest.sig.json"))
    verify(told["key"], told["signature"], "audit-manifest", whole(package, "manifest.json"))
    return str(told["key"])


def verify(key: str, signature: str, use: str, content: bytes) -> None:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), f"sitthi/{use}/1\0".encode() + content)
    except InvalidSignature:
        raise Broken("the signature is not over these bytes by this key") from None


def pinned(key: str, wanted: str) -> None:
    if key != wanted:
        raise Broken(f"signed by another key: {key}")


def der(value: bytes, *path: int) -> list[bytes]:
    """The DER values inside a value, or inside the one that a path of positions leads to; each with its own head."""
    at, found = 2 + (value[1] & 127 if value[1] & 128 else 0), []
    while at < len(value):
        more = value[at + 1] & 127 if value[at + 1] & 128 else 0
        size = int.from_bytes(value[at + 2 : at + 2 + more], "big") if more else value[at + 1]
        found.append(value[at : at + 2 + more + size])
        at += 2 + more + size
    if at != len(value):
        raise ValueError
    return der(found[path[0]], *path[1:]) if path else found


def bare(value: bytes) -> bytes:
    """The content of a DER value."""
    return value[2 + (value[1] & 127 if value[1] & 128 else 0) :]


def stamped(package: Zip, named: x509.Certificate | None = None) -> str:
    """The timestamp (RFC 3161; CMS, RFC 5652 section 5.4) is over the signature's file, and signed by who it says.

    Gives its time and the name in the certificate. Whether that one is to be trusted, no package can say.
    """
    signed = der(whole(package, "manifest.sig.tst"), 1, 0)
    content = bare(der(signed[2], 1)[0])
    told = der(content)
    if hashlib.new(SHA2[der(told[2], 0)[0].hex()], whole(package, "manifest.sig.json")).digest() != bare(
        der(told[2])[1]
    ):
        raise Broken("it is over something else")
    [signer] = der(signed[-1])
    _, _, hashing, attributes, algorithm, signature = der(signer)[:6]
    method = SHA2[der(hashing)[0].hex()]
    said = {der(each)[0].hex(): bare(der(each, 1)[0]) for each in der(attributes)}
    if said[DIGEST] != hashlib.new(method, content).digest():
        raise Broken("its time is not the one that was signed")
    over, pss = b"\x31" + attributes[1:], der(algorithm)[0].hex() == PSS
    # RFC 3161 has the certificate's own hash among what is signed: else anybody could put another name in it.
    bound = [
        each for each in der(signed[3]) if any(hashlib.new(one, each).digest() in over for one in HASHES)
    ]
    inside = [x509.load_der_x509_certificate(each) for each in bound]
    by = next((one for one in inside if true(one, bare(signature), over, method, pss)), None)
    at = datetime.strptime(bare(told[4]).decode("ascii")[:14] + "+0000", "%Y%m%d%H%M%S%z")
    if by is None:
        raise Broken("no certificate inside it signed it")
    uses = by.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if STAMPING not in uses or not by.not_valid_before_utc <= at <= by.not_valid_after_utc:
        raise Broken("its certificate is not for time stamps, or was not good at that time")
    if named not in {None, by}:
        raise Broken("it is not of the authority that you named")
    return f"{at:%Y-%m-%dT%H:%M:%SZ}, {by.subject.rfc4514_string()}"


def true(by: x509.Certificate, signature: bytes, over: bytes, method: str, pss: bool) -> bool:
    """Whether the certificate's key made the signature."""
    key, digest = by.public_key(), getattr(hashes, method.upper())()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, over, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            filling = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO) if pss else padding.PKCS1v15()
            key.verify(signature, over, filling, digest)
        else:
            raise UnsupportedAlgorithm("a key of another kind")
    except InvalidSignature:
        return False
    return True


def hashed(package: Zip, manifest: Facts) -> str:
    listed = {file["path"]: file for file in manifest["files"]}
    if len(listed) != len(manifest["files"]):
        raise Broken("the manifest names a file twice")
    found = set(package.namelist()) - {"manifest.json", "manifest.sig.json", "manifest.sig.tst"}
    for name in sorted(found ^ set(listed)):
        raise Broken(f"{name}: {'not in the manifest' if name in found else 'missing'}")
    for name, file in listed.items():
        digest, size = hashlib.sha256(), 0
        with package.open(name) as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
        if digest.hexdigest() != file["sha256"] or size != file["size"]:
            raise Broken(f"{name}: changed")
    return f"{len(listed)}"


def counted(package: Zip, manifest: Facts) -> str:
    for name, count in manifest["counts"].items():
        if name == "events":
            continue
        found = sum(1 for _ in lines(package, f"data/{name}.jsonl"))
        with io.TextIOWrapper(package.open(f"csv/{name}.csv"), "utf-8", newline="") as file:
            shown = sum(1 for _ in csv.reader(file)) - 1
        if not found == shown == count:
            raise Broken(f"{name}: the manifest says {count}, JSON has {found}, CSV has {shown}")
    return f"{sum(manifest['counts'].values())}"


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below a size: how many leaves stand on the left."""
    return 1 << (size - 1).bit_length() - 1


def mark(*parts: Any) -> str:
    return "\0".join(str(part or "") for part in parts)


class Seen:
    """What the events say that the tables must say too. `known` are the register's cases by reference."""

    def __init__(self, known: dict[str, str], chosen: bool) -> None:
        self.first, self.last, self.count = "", "", 0
        self.known, self.cases, self.chosen, self.strangers = known, set(known.values()), chosen, 0
        self.told: Counter[str] = Counter()
        self.newest: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.chains: dict[int, str] = {}

    def hear(self, told: Facts) -> None:
        """Take note of an event; of chosen cases none may be missing."""
        case, event = told["case"], told["event"]
        self.first = self.first or told["at"]
        self.last, self.count = max(self.last, told["at"]), self.count + 1
        if case is None:
            return
        before = self.numbers.get(case, 0 if self.chosen else told["case_seq"] - 1)
        if told["case_seq"] != before + 1:
            raise Broken(f"event {told['seq']}: event {before + 1} of its case is missing")
        self.numbers[case] = told["case_seq"]
        self.strangers += event == "case:opened" and case not in self.cases and not self.chosen
        if event not in TELLING or case not in self.cases:
            return
        table, when, who, columns, own = TELLING[event]
        facts = {**told["facts"], "is": event.partition(":")[2]}
        values = {column: facts.get(fact) for column, fact in columns.items()}
        key = mark(table, when, case, who and told["actor"], *values.values())
        if not own:
            self.told[key] += 1
        elif all(values[column] for column in own):  # of a merge, the case that goes on is told too
            self.newest[mark(table, case, *(values[column] for column in own))] = key

    def within(self, instant: str) -> bool:
        """Whether its event must be here. It is told a moment after its row is written, so times are not compared."""
        return self.chosen or self.first < micro(instant) < self.last


def told_bytes(line: bytes) -> bytes:
    """The event's bytes as they were hashed: they stand in the line unchanged."""
    return line[line.index(b',"told":') + 8 : -2]


def walked(package: Zip, proof: Facts, wanted: set[int], seen: Seen) -> str:
    """The chain: each event hashed into the one before it, then the run's place in the tree."""
    run, head = proof["segment"], proof["head"]
    chain, number = bytes.fromhex(run["before"]), run["first"]

    def leaves() -> Iterator[bytes]:
        nonlocal chain, number
        for line in lines(package, "chain/events.jsonl"):
            content = told_bytes(line)
            told = json.loads(content)
            if told["seq"] != number:
                raise Broken(f"event {number} is missing, or another stands in its place")
            leaf = hashlib.sha256(b"\x00" + content).digest()
            chain = hashlib.sha256(chain + leaf).digest()
            if line[: -len(content) - 2] != b'{"chain":"%s","told":' % chain.hex().encode():
                raise Broken(f"event {number} was changed, or does not follow the one before it")
            if number in wanted:
                seen.chains[number] = chain.hex()
            seen.hear(told)
            number += 1
            yield leaf

    stream, siblings = leaves(), iter([bytes.fromhex(each) for each in run["siblings"]])

    def over(low: int, high: int) -> bytes:
        if high < run["first"] or low >= run["last"]:
            return given(siblings, "the proof is too short")
        if high - low == 1:
            return given(stream, f"event {low + 1} is missing: the chain ends before it")
        middle = low + split(high - low)
        return node(over(low, middle), over(middle, high))

    root = over(0, head["count"])
    if next(stream, None) is not None or next(siblings, None) is not None:
        raise Broken("there are more events, or more of the proof, than there should be")
    if root.hex() != head["root"] or (run["last"] == head["count"] and chain.hex() != head["chain"]):
        raise Broken("the events are not those of the tree's root, or the last is not the head's")
    return f"{run['first']}-{run['last']}"


def given(source: Iterator[bytes], otherwise: str) -> bytes:
    """The next of them. An empty left or right side is never asked for."""
    found = next(source, None)
    if found is None:
        raise Broken(otherwise)
    return found


def placed(package: Zip, proof: Facts, seen: Seen) -> str:
    """Events of chosen cases: each shows its own path to the root (RFC 6962, section 2.1.1)."""
    head, before = proof["head"], 0
    for line in lines(package, "chain/events.jsonl"):
        entry, content = json.loads(line), told_bytes(line)
        seq = entry["told"]["seq"]
        if not before < seq <= head["count"]:
            raise Broken(f"event {seq} stands out of order")
        path = [bytes.fromhex(each) for each in entry["path"]]
        leaf = hashlib.sha256(b"\x00" + content).digest()
        if climbed(seq - 1, 0, head["count"], leaf, path).hex() != head["root"] or path:
            raise Broken(f"event {seq} is not in the tree: it was changed, or never there")
        seen.hear(entry["told"])
        before = seq
    return f"{seen.count}"


def climbed(index: int, low: int, high: int, leaf: bytes, path: list[bytes]) -> bytes:
    if high - low == 1:
        return leaf
    side, middle = path.pop(), low + split(high - low)
    if index < middle:
        return node(climbed(index, low, middle, leaf, path), side)
    return node(side, climbed(index, middle, high, leaf, path))


def register(package: Zip, seen: Seen) -> str:
    """Every row that an event must have told was told so, and every such event has its row."""
    if seen.strangers:
        raise Broken(f"{seen.strangers} cases that the events opened are not in the register")
    others, said = Counter[str](), set()
    for table, row in (
        (each, row) for each in TABLES for row in map(json.loads, lines(package, f"data/{each}.jsonl"))
    ):
        case = seen.known.get(row["reference"])
        for event, when, who, columns, own in TABLES[table]:
            if case is None or row[when] is None or row.get("fate", event[9:]) != event[9:]:
                continue
            key, wrong = mark(table, when, case, who and row[who], *map(row.get, columns)), False
            if own:
                said.add(key)
                wrong = mark(table, case, *map(row.get, own)) not in seen.newest
            elif seen.within(row[when]):
                seen.told[key] -= 1
                wrong = seen.told[key] < 0
            else:
                others[key] += 1
            if wrong and seen.within(row[when]):
                raise Broken(f"{table}: {row['reference']}: not as the events tell it ({event})")
    lost = [key for key, left in seen.told.items() if left > others[key]]
    lost += [key for key in seen.newest.values() if key not in said]
    for key in lost:
        raise Broken(
            f"{key.split(chr(0))[0]}: {len(lost)} events have no row, or one that says something else"
        )
    return f"{sum(seen.told.values())}"


def fates(package: Zip) -> str:
    """What became of a delivery is the latest that the table of what providers told has of it."""
    told: dict[str, set[tuple[str, str]]] = {}
    for row in map(json.loads, lines(package, "data/fates.jsonl")):
        told.setdefault(row["delivery"], set()).add((micro(row["at"]), row["fate"]))
    for row in map(json.loads, lines(package, "data/deliveries.jsonl")):
        known = told.get(row["delivery"], {("", None)})
        if ((row["fate"] and micro(row["fate_at"])) or "", row["fate"]) not in {
            one for one in known if one[0] == max(known, key=str)[0]
        }:
            raise Broken(f"{row['reference']}: another fate of {row['delivery']} than was last told")
    return f"{len(told)}"


def micro(instant: str) -> str:
    """An instant with microseconds, so that text sorts as time does."""
    whole_seconds, _, part = instant.rstrip("Z").partition(".")
    return f"{whole_seconds}.{part:0<6}Z"


def head_of(path: str) -> Facts:
    try:
        told: Facts = json.loads(Path(path).read_bytes()[:MOST_LINE])
        content = {name: told[name] for name in HEAD}
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        verify(told["key"], told["signature"], "audit-head", canonical.encode())
    except (OSError, ValueError, KeyError, TypeError):
        raise Unusable(f"{path}: no published head") from None
    return told


def certificate(path: str) -> x509.Certificate:
    data = Path(path).read_bytes()
    try:
        return (x509.load_pem_x509_certificate if b"-----" in data else x509.load_der_x509_certificate)(data)
    except ValueError:
        raise Unusable(f"{path}: no certificate") from None


def reached(head: Facts, manifest: Facts, proof: Facts, seen: Seen) -> str:
    """The package's chain is the head's, grown; it is no older, and was not cut."""
    own, count = proof["head"], head["count"]
    if count > own["count"]:
        raise Broken(
            f"the head has {count} events, the package {own['count']}: made before the head ({manifest['made']}), or "
            f"its end was cut off. Given as today's: an old one (serial {manifest['serial']}; {head['exports']} were made by then)"
        )
    if count == own["count"]:
        if (head["chain"], head["root"]) != (own["chain"], own["root"]):
            raise Broken("the chain was rewritten since the head was published")
        return f"{count}"
    paths = [each for each in proof["consistency"] if each["count"] == count]
    if {seen.chains.get(count, head["chain"]), *(each["chain"] for each in paths)} != {head["chain"]}:
        raise Broken(f"event {count} or one before it was rewritten since the head was published")
    if not paths and count not in seen.chains:
        return ""
    for each in paths:
        path = [bytes.fromhex(part) for part in each["path"]]
        old, new = grown(count, own["count"], True, path, bytes.fromhex(head["root"]))
        if (old.hex(), new.hex()) != (head["root"], own["root"]) or path:
            raise Broken("the tree of the head is not the beginning of this one: the past was rewritten")
    return f"{count}"


def grown(old: int, size: int, untouched: bool, path: list[bytes], root: bytes) -> tuple[bytes, bytes]:
    """The two roots that a consistency proof speaks of (RFC 6962, section 2.1.2); `path` is taken from its end."""
    if old == size:
        same = root if untouched else path.pop()
        return same, same
    side, left = path.pop(), split(size)
    if old <= left:
        before, after = grown(old, left, untouched, path, root)
        return before, node(after, side)
    before, after = grown(old - left, size - left, False, path, root)
    return node(side, before), node(side, after)


def checked(
    path: str, heads: list[Facts], key: str, named: x509.Certificate | None
) -> tuple[Facts, str, Report]:
    package, report = opened(path), Report()
    signer = report.check("signature", signed, package)
    known = [key] * bool(key) + [head["key"] for head in heads]
    for each in known:
        report.check("key", pinned, signer, each)
    report.unchecked += [] if known else ["no-key"]
    try:
        manifest = json.loads(whole(package, "manifest.json"))
        if (manifest["format"], manifest["version"]) != ("sitthi-audit", 1):
            raise Unusable("a format that this verifier does not know")
    except (ValueError, KeyError, TypeError, RecursionError, Broken):
        raise Unusable("its manifest can't be read") from None
    if "manifest.sig.tst" in package.namelist():
        report.check("timestamp", stamped, package, named)
        report.unchecked += [] if named else ["authority"]
    else:
        report.unchecked.append("lost" if manifest.get("timestamp") else "no-timestamp")
    report.check("files", hashed, package, manifest)
    report.check("counts", counted, package, manifest)
    if (proof := report.check("tree", proven, package, manifest)) is not None:
        events(report, package, manifest, proof, heads)
    report.unchecked.append("outside")
    return manifest, signer or "?", report


def proven(package: Zip, manifest: Facts) -> Facts:
    proof: Facts = json.loads(whole(package, "chain/proof.json"))
    if proof["head"] != manifest["head"]:
        raise Broken("the proof is of another head than the manifest's")
    return proof


def events(report: Report, package: Zip, manifest: Facts, proof: Facts, heads: list[Facts]) -> None:
    chosen = manifest["scope"]["chosen"]
    rows = map(json.loads, lines(package, "data/cases.jsonl"))
    seen = Seen(report.check("cases", lambda: {row["reference"]: row["case"] for row in rows}) or {}, chosen)
    if proof["segment"] is not None:
        report.check("chain", walked, package, proof, {head["count"] for head in heads}, seen)
    elif chosen:
        report.check("chain", placed, package, proof, seen)
        report.unchecked.append("between")
    if seen.count != (told := manifest["counts"]["events"]):
        report.broken.append(("counts", f"the manifest says {told} events, {seen.count} hold"))
    report.check("register", register, package, seen)
    report.check("fates", fates, package)
    for head in heads:
        if report.check("head", reached, head, manifest, proof, seen) == "":
            report.held.pop()
            report.unchecked.append("no-path")
    report.unchecked += [] if heads else ["no-head"]


def main(said: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sitthi_verify", description=__doc__.splitlines()[0])
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--head", action="append", default=[], metavar="HEAD.json", help="a published head")
    parser.add_argument("--key", default="", metavar="KEY", help="the company's public key, hex or a file")
    parser.add_argument(
        "--tsa-cert", metavar="FILE", help="the time stamping authority's certificate, or its issuer's"
    )
    asked = parser.parse_args(said)
    try:
        key = asked.key if len(asked.key) == 64 else asked.key and Path(asked.key).read_text("utf-8").strip()
        named = certificate(asked.tsa_cert) if asked.tsa_cert else None
        manifest, signer, report = checked(asked.file, [head_of(each) for each in asked.head], key, named)
    except (Unusable, Broken, OSError) as unusable:
        print(f"ตรวจไม่ได้ · cannot be checked: {unusable}")
        return 2
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    print(f"ชุดที่ · serial {manifest['serial']}  จัดทำเมื่อ · made {manifest['made']}  {manifest['mode']}")
    print(f"กุญแจ · key {signer}\nโปรแกรมตรวจ · this verifier, SHA-256 {own}\n")
    for mark, told in (("✓", report.held), ("✗", report.broken)):
        for what, detail in told:
            thai, english = WORDS[what]
            print(f"{mark} {thai}\n  {english}{': ' + detail if detail else ''}")
    print("\nสิ่งที่ตรวจไม่ได้ · what could not be checked:")
    for what in dict.fromkeys(report.unchecked):
        print("– {}\n  {}".format(*WORDS[what]))
    if report.broken:
        print("\nผล: ไม่ถูกต้อง · result: BROKEN")
        return 1
    print("\nผล: ทุกข้อที่ตรวจถูกต้อง · result: all that was checked holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
