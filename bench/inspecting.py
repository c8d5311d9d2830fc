"""The audit export of a register of 100,000 cases, made and verified, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from bench.invented import CLOSED, FIRST, Closed, fill
from bench.place import Place
from bench.rows import Row
from settings import Settings

CASES = 100_000
_SPAN = (date(2026, 1, 1), date(2026, 12, 31))


def measure(place: Place, *, count: int) -> list[Row]:
    settings = place.installation.settings
    assert settings.database_owner_url is not None
    owner = settings.database_owner_url.get_secret_value()
    fill(owner, lambda: map(Closed, range(FIRST, FIRST + count)), CLOSED)
    package = settings.var / "bench.zip"
    environment = {**settings.as_environment(), "PYTHONPATH": str(Path.cwd()), "PATH": os.defpath}
    command = [sys.executable, "-m", "bench.inspecting", str(package)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, made.stdout.split()[-2:])
    verifier = Path(__file__).parents[1] / "exports" / "verifier" / "sitthi_verify.py"
    started = time.perf_counter()
    subprocess.run([sys.executable, str(verifier), str(package)], capture_output=True, check=True)
    verified = time.perf_counter() - started
    many = f"{count:,} cases"
    share = count / CASES
    return [
        Row(f"audit export of {many}", seconds, "s", limit=120 * max(share, 0.1), limit_on="ours"),
        Row(f"audit export of {many}: resident at the most", megabytes, "MB", limit=300, limit_on="ours"),
        Row(
            f"its verification ({package.stat().st_size / 1e6:,.0f} MB)",
            verified,
            "s",
            limit=60,
            limit_on="ours",
        ),
    ]


def main() -> None:
    """Make the package of the register that the environment names; tells seconds and megabytes."""
    from bootstrap import build
    from domain.inspection import Scope
    from exports.inspection.package import Commission, Signer

    house = build(Settings.from_environment())
    scope = Scope(since=_SPAN[0], until=_SPAN[1])
    member, _ = house.room.staff.add("Bench", "officer")
    export = house.room.exports.ask(scope, actor=member, reason_code="bench")
    export = house.room.exports.begin(export.id, actor=member)
    started = time.perf_counter()
    with Path(sys.argv[1]).open("wb") as out:
        commission = Commission(export, Signer(member, "Bench", "officer"), house.tools.clock.now())
        house.packages.write(commission, out)
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text("ascii")
    most = int(status.split("VmHWM:")[1].split()[0]) / 1024  # of this process alone
    sys.stdout.write(f"{seconds} {most}\n")
    house.close()


if __name__ == "__main__":
    main()
