"""How the portal runs under uvicorn."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp


def configuration(app: ASGIApp, *, host: str, port: int, proxies: tuple[str, ...] = ()) -> uvicorn.Config:
    """A server's configuration: `uvicorn.Server(configuration(...)).serve()`.

    `proxies` are the addresses of reverse proxies whose word on the client's address is taken; without any,
    `X-Forwarded-For` is ignored, as else everyone could choose the address by which tries are counted.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # An access log would write every link's token down; our own log configuration redacts the rest.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        ws="none",
        lifespan="off",
        limit_concurrency=200,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
    )
