"""A person with files in an S3 store: what the CRM knows them by leads there, and back into their package."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from sqlalchemy import Engine

from activities.copy import attaching
from activities.file_redaction import burn, mark, open_files
from activities.tools import Tools
from bootstrap import House, connect
from demo import files
from demo.scenarios import FORMER_CUSTOMER
from demo.stack import name_systems
from domain.calendar import day_in_bangkok
from domain.errors import BadInput, StalePlan
from domain.outcomes import Ending, Outcome
from domain.redacting import region
from domain.rights import Right
from embedded.objects import ObjectServer
from embedded.postgres import PostgresServer
from embedded.temporal import TemporalServer
from portal.desk.act_forms import Doing, Typed
from portal.desk.acts import BY_NAME
from portal.desk.case_read import CaseReader
from tests.support.house import fresh_company, hurried, install
from tests.support.people import People
from worker import workers

pytestmark = pytest.mark.slow

ACCOUNT = FORMER_CUSTOMER.user_ids[0]


@pytest.fixture(scope="module")
def filed(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    temporal: TemporalServer,
    objects: ObjectServer,
) -> Iterator[House]:
    """An installation whose company keeps its files in S3 too."""
    made = install(
        "filed", tmp_path_factory.mktemp("filed"), postgres, temporal, policy=hurried(cooling_hours=0)
    )
    crm: Engine = fresh_company(made)
    files.furnish(objects, crm, lockable=True)
    crm.dispose()
    locking = made.settings.var / "locking.objects.yaml"
    plain, name = files.MAP.read_text("utf-8"), files.BUCKETS[0]
    locking.write_text(plain.replace(f"{name}}}", f"{name}, lock_held: governance}}"), "utf-8")
    systems = made.settings.systems
    assert systems is not None
    name_systems(systems, made.crm, files.surroundings(objects))
    told = yaml.safe_load(systems.read_text("utf-8"))
    (stanza,) = [one for one in told["systems"] if one["name"] == files.SYSTEM]
    stanza["map"] = str(locking)
    systems.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    house = made.house()
    yield house
    house.close()


@pytest.fixture(scope="module")
async def filing(filed: House) -> AsyncIterator[People]:
    client = await connect(filed)
    async with AsyncExitStack() as stack:
        for worker in workers(filed, client):
            await stack.enter_async_context(worker)
        yield await People.at(filed, client)


def bodies(objects: ObjectServer) -> dict[str, bytes]:
    """The person's newest contents by key, in the original bucket."""
    s3 = files.client(objects)
    found: dict[str, bytes] = {}
    for folder in ("slips", "tickets"):
        listed = s3.list_object_versions(Bucket=files.BUCKETS[0], Prefix=f"{folder}/{ACCOUNT}/")
        for one in listed.get("Versions", ()):
            got = s3.get_object(Bucket=files.BUCKETS[0], Key=one["Key"], VersionId=one["VersionId"])
            found.setdefault(one["Key"], got["Body"].read())
    return found


def standing(objects: ObjectServer) -> dict[str, list[str]]:
    """Keys of everybody's versions and markers by bucket."""
    s3 = files.client(objects)
    found: dict[str, list[str]] = {}
    for bucket in files.BUCKETS:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=1000)
        assert not page["IsTruncated"]
        found[bucket] = [one["Key"] for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
    return found


def locked(objects: ObjectServer) -> dict[str, set[date]]:
    """From which day on what is locked of the person's is free, by bucket."""
    s3 = files.client(objects)
    found: dict[str, set[date]] = {}
    for bucket in files.BUCKETS:
        for one in s3.list_object_versions(Bucket=bucket, Prefix=f"slips/{ACCOUNT}/").get("Versions", ()):
            head = s3.head_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
            if "ObjectLockRetainUntilDate" in head:
                found.setdefault(bucket, set()).add(day_in_bangkok(head["ObjectLockRetainUntilDate"]))
    return found


def own(key: str) -> bool:
    return f"/{ACCOUNT}/" in key


async def reviewed(people: People, house: House, reference: str) -> tuple[str, str]:
    """Nothing is approved before an officer looked at the files; one shows somebody else, another in part. Where they are."""
    view = await people.planned(reference)
    said = {"actor": people.officer, "reason": "looked at"}
    with pytest.raises(BadInput, match="files not reviewed"):
        await people.desk.propose(reference, approved=True, **said)
    numbers = await people.desk.files_to_review(reference)
    with pytest.raises(BadInput, match="line without files"):
        await people.desk.review_files(reference, without=(max(numbers) + 1,), **said)
    items = house.room.plans.items(view.case.id, files.SYSTEM, frozenset({Outcome.COPY}))
    locators = {one.row.no: one.item.locator for one in items if one.row.no in numbers}
    own_ones = [no for no, at in sorted(locators.items()) if at["bucket"] == "documents"]
    shown = next(no for no in own_ones if str(locators[no]["key"]).startswith("slips/"))
    somebody_s = next(no for no in own_ones if no != shown)
    _blackened(house.tools, view.case.id, shown, people.officer)
    reader = CaseReader(house.room, house.tools)
    page = reader.page(reference)
    act = BY_NAME["review-files"]
    assert (tuple(row.no for row in page.files), act.open(page)) == (numbers, True)
    given = Typed({"reason": "looked at", "digest": "0" * 64}, {"without": (str(somebody_s),)})
    with pytest.raises(StalePlan):
        await act.do(Doing(people.desk, house.room, page, people.officer, given))
    assert page.plan is not None
    given = Typed({**given.one, "digest": page.plan.digest}, given.many)
    await act.do(Doing(people.desk, house.room, page, people.officer, given))
    again = reader.page(reference)
    assert (act.open(again), again.files_reviewed) == (True, True)
    await people.desk.propose(reference, approved=True, **said)
    return f"documents/{locators[somebody_s]['key']}", f"documents/{locators[shown]['key']}"


def _blackened(tools: Tools, case: str, no: int, officer: str) -> None:
    """The left half of a slip is another's."""
    made = open_files(tools, case, no, attaching(tools), actor=officer)
    mark(tools, tools.file_redactions.find(case, made), [region(1, 0, 0, 50, 100)])
    burn(tools, tools.file_redactions.find(case, made), actor=officer, reason="another customer's")


def half_is_black(package: zipfile.ZipFile, half: dict[str, Any], original: bytes) -> None:
    """The package has it without its left half, and says so."""
    path = half["values"]["file"]
    assert half["redacted"] == {path: {"code": "third-party", "regions": 1}}
    [entry] = [entry for entry in json.loads(package.read("manifest.json"))["files"] if entry["path"] == path]
    assert entry["redacted"] == {"code": "third-party", "regions": 1}
    picture = Image.open(io.BytesIO(package.read(path))).convert("RGB")
    before = Image.open(io.BytesIO(original)).convert("RGB")
    middle, right = picture.width // 2, (picture.width, picture.height)
    assert set(picture.crop((0, 0, middle, picture.height)).tobytes()) == {0}
    rest = (middle + 1, 0, *right)
    assert picture.crop(rest).tobytes() == before.crop(rest).tobytes()


async def test_the_files_are_in_the_package_and_go_with_the_person_save_what_a_hold_keeps(
    filing: People, filed: House, objects: ObjectServer, tmp_path: Path
) -> None:
    given = bodies(objects)
    assert len(given) > 2
    reference = await filing.ask(Right.ACCESS, FORMER_CUSTOMER.email, language="en")
    await filing.identify(FORMER_CUSTOMER.email, reference)
    left_out, in_part = await reviewed(filing, filed, reference)
    view = await filing.closed(reference)
    bundle = filed.room.letters.bundle(view.case.id)
    assert bundle is not None
    with filed.tools.files.read(view.case.id, bundle.ref) as sealed:
        package = zipfile.ZipFile(io.BytesIO(sealed.read()))
    assert package.testzip() is None
    records = [
        one for one in json.loads(package.read("dossier.json"))["records"] if one["system"] == files.SYSTEM
    ]
    originals = [one for one in records if one["values"].get("file")]
    [nobody_s] = [one for one in records if one.get("withheld") == {"file": "third-party"}]
    assert nobody_s["values"]["key"] == left_out
    shown = [one["values"]["key"].removeprefix("documents/") for one in (*originals, nobody_s)]
    assert set(shown) == given.keys()
    [half] = [one for one in originals if one["values"]["key"] == in_part]
    for one in originals:
        whole = given[one["values"]["key"].removeprefix("documents/")]
        assert (package.read(one["values"]["file"]) == whole) is (one is not half)
    half_is_black(package, half, given[in_part.removeprefix("documents/")])
    replicas = [one for one in records if one not in originals and one is not nobody_s]
    assert [one["withheld"] for one in replicas] == [{"file": "replica"}] * len(given)
    listed = {entry["path"] for entry in json.loads(package.read("manifest.json"))["files"]}
    assert {one["values"]["file"] for one in originals} <= listed

    before = standing(objects)
    reference = await filing.ask(Right.ERASURE, FORMER_CUSTOMER.email, language="en")
    await filing.identify(FORMER_CUSTOMER.email, reference)
    await filing.decide(reference)
    view = await filing.closed(reference)
    assert view.ending is Ending.PARTIAL
    plan = list(filed.room.plans.rows(view.case.id))
    rows = [row for row in plan if row.system == files.SYSTEM]
    held = [row for row in rows if row.planned is Outcome.HOLD]
    in_crm = {(row.until, row.ground) for row in plan if row.table == "transfer_slips" and row.until}
    assert {(row.until, row.ground) for row in held} == in_crm  # the same document, kept for the same years
    assert {row.table for row in held} == {"slips"}
    assert {row.planned for row in rows if row not in held} == {Outcome.ERASE}
    after = standing(objects)
    for bucket in files.BUCKETS:
        assert [key for key in after[bucket] if not own(key)] == [
            key for key in before[bucket] if not own(key)
        ]
        left = {key for key in after[bucket] if own(key)}
        assert len(left) == len(held) // len(files.BUCKETS) > 0
        assert all(key.startswith("slips/") for key in left)
    assert locked(objects) == {files.BUCKETS[0]: {day + timedelta(days=1) for day, _ in in_crm}}
