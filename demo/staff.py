"""The staff of the demonstration: one of each role, with a sign-in for whoever tries the portal.

Their passwords and secrets are random, made once an installation, and lie under var/ for who started it. Only the
demonstration does so: elsewhere a secret is shown once and rests sealed.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import pyotp

from bootstrap import House
from demo.scene import Staff
from domain.staffing import Role

NAMES = {
    Role.INTAKE: "ปรียา รับเรื่อง (สาธิต)",
    Role.OFFICER: "วิชัย ตรวจดี (สาธิต)",
    Role.APPROVER: "สมศรี ยืนยัน (สาธิต)",
    Role.FINANCE: "อนันต์ บัญชี (สาธิต)",
    Role.AUDITOR: "สุดา สอบทาน (สาธิต)",
    Role.ADMINISTRATOR: "ชัยวัฒน์ ดูแล (สาธิต)",
}


def hire(house: House, out: Path) -> Staff:
    """Take on one of each role; what they know goes into a file for whoever tries the commands and the portal."""
    out.mkdir(parents=True, exist_ok=True)
    known = _known(out)
    for role in Role:
        if role not in known:
            known[role] = _hired(house, role)
            _write(out, known)
    return Staff(officer=known[Role.OFFICER]["id"], approver=known[Role.APPROVER]["id"])


def sign_ins(out: Path) -> tuple[tuple[str, str, str, str], ...]:
    """Of those that were hired: role, sign-in name, password, and the key for an authenticator app."""
    return tuple(
        (role, told["login"], told["password"], told["key"])
        for role, told in _known(out).items()
        if "login" in told
    )


def _hired(house: House, role: Role) -> dict[str, str]:
    member, credential = house.room.staff.add(NAMES[role], role)
    key = house.room.doors.admit(credential).secret
    login, password = f"demo-{role}", secrets.token_urlsafe(12)
    code = pyotp.TOTP(key).at(house.tools.clock.now())
    house.room.doors.enrol(member, login=login, password=password, code=code)
    return {"id": member, "credential": credential, "login": login, "password": password, "key": key}


def _known(out: Path) -> dict[str, dict[str, str]]:
    file = out / "staff.json"
    told: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return told


def _write(out: Path, known: dict[str, dict[str, str]]) -> None:
    part = out / ".staff.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(json.dumps(known, indent=2) + "\n")
    part.rename(out / "staff.json")
