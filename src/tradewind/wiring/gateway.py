"""The gateway over a home: as a process (`python -m tradewind.wiring.gateway`), or as a guest."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from pathlib import Path

from uvloop import new_event_loop

from tradewind.gateway.process import NICENESS
from tradewind.gateway.serving import GuestServer, Tls, serve_as_child, wait_until_listening
from tradewind.wiring import catalog
from tradewind.wiring.gateway_app import build
from tradewind.wiring.priority import behind_the_engine
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.worker_place import place_among_others


def main() -> None:
    """Serve until told to stop, or until the process that started this one is gone."""
    parser = argparse.ArgumentParser(description="The gateway's process.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="number of the listening socket")
    parser.add_argument("--ready", type=int, default=-1, help="number of a pipe to tell")
    arguments = parser.parse_args()
    os.nice(NICENESS)
    settings = load_settings({catalog.HOME.name: str(arguments.home)})
    app = build(settings)
    listening = socket.socket(fileno=arguments.socket)
    if not wait_until_listening(listening, arguments.ready):
        return
    # Beside the others that the same parent started; only a foreign server claims to be alone.
    place = place_among_others(arguments.home)
    serving = serve_as_child(app, listening, arguments.ready, tls_of(settings))
    with (
        behind_the_engine(settings),
        asyncio.Runner(loop_factory=new_event_loop) as runner,
    ):
        runner.run(serving)
    place.close()


def tls_of(settings: Settings) -> Tls | None:
    """The gateway's own certificate, None where a proxy has one or none is needed."""
    certificate = settings[catalog.TLS_CERTIFICATE]
    return Tls(certificate, settings[catalog.TLS_KEY]) if certificate else None


class GatewayGuest:
    """The gateway on the event loop of the engine's own process, for debugging.

    A request then waits for the engine, and the engine for the request.
    """

    def __init__(self, home: Path, listening: socket.socket) -> None:
        settings = load_settings({catalog.HOME.name: str(home)})
        self._server = GuestServer(build(settings), tls_of(settings))
        self._listening = listening
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it serves."""
        port: int = self._listening.getsockname()[1]
        return port

    def start(self, now_s: float) -> None:
        """Serve from now on; to be called on the running event loop."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listening]))

    def look_after(self, now_s: float) -> None:
        """Do nothing: it lives as long as its process."""

    def restart(self, now_s: float) -> None:
        """Do nothing: a guest cannot be replaced while its host lives."""

    async def end(self) -> None:
        """Answer what is under way, then stop."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving

    def stop(self) -> None:
        """Give the port back."""
        self._listening.close()


if __name__ == "__main__":
    main()
