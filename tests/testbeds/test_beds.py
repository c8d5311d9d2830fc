"""Four schemas that we did not write, held against their oracles: what belongs to one person, and what must stay.

Their data are not ours to keep here: `SITTHI_TESTBEDS` names the directory, `SITTHI_TESTBEDS_URL` a PostgreSQL
whose role may make databases; without them these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.testbeds.bed import Bed

BEDS = Path(os.environ.get("SITTHI_TESTBEDS", Path(__file__).parents[3] / "shared" / "testbeds"))
SERVER = os.environ.get("SITTHI_TESTBEDS_URL", "")
KNOWN_BY = {
    "chinook": [("email", "leonekohler@surfeu.de")],
    "northwind": [("phone", "7675-3425")],
    "pagila": [("email", "kyle.spurlock@sakilacustomer.org")],
    "djcrm": [("email", "kira.foster655@example.com"), ("phone", "+1 555-555-0119")],
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BEDS.is_dir(), reason="SITTHI_TESTBEDS names no test-beds"),
]


def tool(*arguments: str) -> None:
    told = subprocess.run(
        [sys.executable, str(BEDS / "tools" / "tbtool.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture(params=sorted(KNOWN_BY))
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Bed, str, str]]:
    name: str = request.param
    if name == "chinook":
        shutil.copy(BEDS / name / "chinook.sqlite", tmp_path / "chinook.sqlite")
        (tmp_path / "chinook.sqlite").chmod(0o600)
        url = address = f"sqlite:///{tmp_path}/chinook.sqlite"
    elif SERVER:
        server = sa.make_url(SERVER)
        subprocess.run(
            [
                "sh",
                str(BEDS / "tools" / "load.sh"),
                name,
                f"bed_{name}",
                *map(str, (server.host, server.port, server.username)),
            ],
            env={**os.environ, "PGPASSWORD": server.password or ""},
            check=True,
            capture_output=True,
        )
        url = server.set(drivername="postgresql", database=f"bed_{name}").render_as_string(
            hide_password=False
        )
        address = url
    else:
        pytest.skip("SITTHI_TESTBEDS_URL names no PostgreSQL")
    as_of = json.loads((BEDS / name / "oracle.json").read_text("utf-8"))["as_of"]
    made = Bed(name, url, date.fromisoformat(as_of))
    yield made, name, address
    made.close()


def test_finds_all_of_a_person_and_nothing_else_and_erases_as_the_oracle_says(
    bed: tuple[Bed, str, Any], tmp_path: Path
) -> None:
    made, name, address = bed
    made.connector.check()
    subject = made.subject(*KNOWN_BY[name])
    located = tmp_path / "located.json"
    located.write_text(json.dumps(made.located(subject)), "utf-8")
    tool("locate", str(BEDS / name), str(located))
    made.erase(subject)
    tool("after", str(BEDS / name), "--url", address)
