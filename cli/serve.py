"""`serve`: the programs that answer on the network. `up` starts them; production starts them one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from cli.voice import Speaking
from domain.errors import BadInput

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from bootstrap import House
    from domain.case import Case
    from domain.instructions import Invited, Told
    from portal.desk.parts import Parts
    from portal.persons import Persons
    from settings import Settings
    from workflows.desk import Desk
    from workflows.reception import FrontDoor

app = typer.Typer(cls=Speaking, help="Programs that answer on the network.", no_args_is_help=True)

LOOPBACK = "127.0.0.1"


@app.command()
def portal() -> None:
    """The portal: public pages and links of persons. In production your own proxy with TLS stands before it."""
    from bootstrap import (
        answers_of,
        build,
        counter_of,
        hook_of,
        import_check_of,
        letterbox_of,
        reception_of,
    )
    from portal.app import create_app
    from workflows.reception import FrontDoor

    settings = _settings()
    house = build(settings)
    https = (settings.portal_url or "").startswith("https://")
    desk = _Desk(house)
    door = FrontDoor(reception_of(house), house.tools.clock, desk.start)
    made = create_app(
        desk,
        letterbox_of(house),
        company=house.policy.company,
        https=https,
        tenants=desk,
        hook=hook_of(house),
        suppressions=import_check_of(house),
        answers=answers_of(house),
        staff=_staff_parts(house, desk),
        persons=_persons(house, door, desk),
        counter=counter_of(house, door),
    )
    _serve(made, settings.portal_host, settings.portal_port, "SITTHI_PORTAL_PORT")


def _persons(house: House, door: FrontDoor, desk: _Desk) -> Persons:
    from bootstrap import devices_of, identifying_of, progressing_of, self_service_of
    from portal.device import Site
    from portal.persons import Persons

    service, settings = self_service_of(house, door), house.settings
    return Persons(
        door,
        links=service,
        mint=service,
        status=progressing_of(house, desk.found),
        identity=identifying_of(house, desk.found),
        devices=devices_of(house, door),
        site=Site(settings.device_cookie or "", settings.origins()),
    )


def _staff_parts(house: House, desk: _Desk) -> Parts:
    from functools import partial

    from activities.orders import done_with
    from bootstrap import make_package
    from domain.connector import Mapped
    from portal.desk.parts import Parts
    from security.staff_tokens import StaffTokens
    from settings import tell

    connectors = house.tools.connectors
    return Parts(
        house.room,
        desk.found,
        house.policy,
        house.tools.clock,
        StaffTokens(house.ring),
        systems={name: connector.check for name, connector in connectors.items()},
        released=partial(done_with, house.tools),
        export=lambda export, out, actor: make_package(house, export, out, actor=actor),
        tools=house.tools,
        settings=tell(house.settings),
        mapped={name: one.coverage for name, one in connectors.items() if isinstance(one, Mapped)},
    )


class _Desk:
    """A desk that finds Temporal when it is first needed, so that the pages stand while it is away."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._found: Desk | None = None
        self._finding = asyncio.Lock()

    async def answer_challenge(self, token: str, code: str) -> str:
        """See `workflows.desk.Desk.answer_challenge`; also raises `Unavailable` without Temporal."""
        return await (await self.found()).answer_challenge(token, code)

    async def start(self, case: Case) -> None:
        """See `workflows.front.Front.start`; also raises `Unavailable` without Temporal."""
        await (await self.found()).start(case)

    async def invited(self, token: str) -> Invited:
        """See `workflows.tenants.Tenants.invited`; needs no Temporal."""
        return await asyncio.to_thread(self._house.room.instructions.invited, token)

    async def answer_instruction(self, token: str, code: str, told: Told) -> Invited:
        """See `workflows.tenants.Tenants.answer_instruction`; also raises `Unavailable` without Temporal."""
        return await (await self.found()).answer_instruction(token, code, told)

    async def found(self) -> Desk:
        """The desk itself. Raises `Unavailable` without Temporal."""
        from bootstrap import connect, desk_of

        async with self._finding:
            if self._found is None:
                self._found = desk_of(self._house, await connect(self._house))
            return self._found


@app.command()
def codec() -> None:
    """The codec server: lets an officer's Temporal Web UI open sealed payloads; each opening is told to the audit.

    Its token is made on first run in `codec.token` beside the key file, mode 600.
    """
    from bootstrap import build
    from security.codec_server import create_codec_app
    from security.token_file import token_in

    settings = _settings()
    if settings.temporal_ui_url is None:
        mend = "name the Web UI that may ask"
        raise BadInput("setting-missing", mend, variable="SITTHI_TEMPORAL_UI_URL")
    house = build(settings)
    token = token_in((settings.key_file or settings.var / "keys" / "kek.json").with_name("codec.token"))
    made = create_codec_app(house.ring, house.room.audit, token, settings.temporal_ui_url)
    _serve(made, LOOPBACK, settings.codec_port, "SITTHI_CODEC_PORT")


def _settings() -> Settings:
    """Those of the environment, completed by the running stack where it left the servers to it."""
    from embedded.lock import attach
    from security.redaction import configure_logging
    from settings import Settings

    settings = Settings.from_environment()
    configure_logging(settings.log_level.upper())
    return settings if settings.database_url else attach(settings)


def _serve(made: ASGIApp, host: str, port: int | None, variable: str) -> None:
    import uvicorn

    from portal.server import configuration

    if port is None:
        raise BadInput("setting-missing", "say on which port", variable=variable)
    uvicorn.Server(configuration(made, host=host, port=port)).run()
