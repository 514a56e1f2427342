"""The supervisor: starts the processes of one system, and starts again what ends by itself."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from tradewind.model.errors import UserError

SHORT_LIFE_S = 5.0
"""A process that lived less than this waits before its next start."""
FIRST_PAUSE_S = 0.2
PAUSE_S_MAX = 5.0
STOP_DEADLINE_S = 15.0
"""A process that takes longer to stop is killed."""
WRONG_USE = 2
"""The exit code of a process that its settings do not let start: another start would not help."""
PR_SET_PDEATHSIG = 1

LOG = logging.getLogger("tradewind.supervisor")


class Supervisor:
    """Keeps one process for each name; they are started in the order given, and need none."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self.restarts = dict.fromkeys(commands, 0)
        self._commands = commands
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Keep them until told to stop; `UserError` where one refuses its settings."""
        keeping = [asyncio.create_task(self._keep(name)) for name in self._commands]
        stopping = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
            for each in done - {stopping}:
                each.result()
        finally:
            for each in (*keeping, stopping):
                each.cancel()
            await asyncio.gather(*keeping, stopping, return_exceptions=True)
            await self._stop_all()

    async def _keep(self, name: str) -> None:
        pause_s = 0.0
        while True:
            begun_s = asyncio.get_running_loop().time()
            code = await self._one_life(name)
            if code == WRONG_USE:
                raise UserError(f"the role {name} cannot run with these settings: it said why")
            lived_s = asyncio.get_running_loop().time() - begun_s
            is_short = lived_s < SHORT_LIFE_S and self.restarts[name] > 0
            pause_s = min(max(FIRST_PAUSE_S, 2 * pause_s), PAUSE_S_MAX) if is_short else 0.0
            self.restarts[name] += 1
            LOG.error("role_ended role=%s code=%d pause_s=%.1f", name, code, pause_s)
            await asyncio.sleep(pause_s)

    async def _one_life(self, name: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._commands[name],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr,
            # Ctrl-C is for the supervisor, which then stops them in order.
            start_new_session=True,
            preexec_fn=functools.partial(_die_with, os.getpid()),
        )
        self._processes[name] = process
        return await process.wait()

    async def _stop_all(self) -> None:
        """End them in the opposite order of their start."""
        for process in reversed(self._processes.values()):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_DEADLINE_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def _die_with(parent: int) -> None:
    """Linux ends the process in order when its supervisor is gone; elsewhere it lives on."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before it could be said
            os.kill(os.getpid(), signal.SIGTERM)
