"""The gateway as child processes: the port is claimed first, they end with their parent."""

from __future__ import annotations

import errno
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tradewind.model.errors import OutsideError

HOST = "127.0.0.1"
QUEUED_CONNECTIONS_MAX = 1_024
MODULE = "tradewind.wiring.gateway"
"""What a process runs: the gateway with its stores, which this package does not know."""
LOG_NAME = "gateway.log"
LOG_BYTES_MAX = 1 << 20
"""A log beyond this begins anew at the next start."""
STOP_DEADLINE_S = 5.0
"""A gateway that takes longer to stop is killed."""
LIBRARIES = (
    "alembic",
    "argon2",
    "cryptography",
    "fastapi",
    "httptools",
    "jwt",
    "prometheus_client",
    "pyotp",
    "sqlalchemy",
    "uvicorn",
    "uvloop",
)
RESTART_INTERVAL_S = 5.0
"""A gateway that ends by itself is not started more often."""
READY_DEADLINE_S = 60.0
"""How long the successor of a worker may take to come up before it is given up."""
NICENESS = 5
"""A worker comes behind the engine where both want a processor."""
LOADED, READY = b"0", b"1"
"""What a worker tells its parent."""
DRAIN = b"drain\n"
"""Told to a worker whose successor serves: it answers what comes, asking clients to reconnect."""
DRAIN_DEADLINE_S = 10.0


def claim_port(port: int, host: str = HOST) -> socket.socket:
    """Return a socket that listens on the port, or raise `OutsideError` with one sentence."""
    listening = unclaimed_socket(host)
    try:
        claim(listening, port, host)
    except OutsideError:
        listening.close()
        raise
    return listening


def unclaimed_socket(host: str = HOST) -> socket.socket:
    """A socket for `claim`; workers that are given it serve from then on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Workers share it: one that another was quicker than must not wait in `accept`.
    listening.settimeout(0)
    return listening


def claim(listening: socket.socket, port: int, host: str = HOST) -> None:
    """Listen on a port, or raise `OutsideError`; to be tried again where another one has it."""
    try:
        if not listening.getsockname()[1]:
            listening.bind((host, port))
        listening.listen(QUEUED_CONNECTIONS_MAX)
    except OSError as error:
        sentence = f"port {port} cannot be used: {error.strerror}; set PORT to another"
        if error.errno == errno.EADDRINUSE:
            sentence = f"port {port} is in use by another program: stop it or set PORT to another"
        raise OutsideError(sentence, fault="ours", retry=False) from None


def is_listening(listening: socket.socket) -> bool:
    """Whether somebody who has the socket claimed a port for it."""
    return bool(listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def missing_modules() -> list[str]:
    """Return which libraries of the extra [gateway] are not installed."""
    return [name for name in LIBRARIES if not find_spec(name)]


class Worker:
    """One process that serves the socket; its standard input tells it when to end."""

    def __init__(
        self,
        home: Path,
        listening: socket.socket,
        now_s: float,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.started_s = now_s
        ready, told = os.pipe()
        numbers = [listening.fileno(), told]
        command = [sys.executable, "-m", MODULE, "--home", str(home)]
        command += ["--socket", str(numbers[0]), "--ready", str(told)]
        log_path = home / LOG_NAME
        is_long = log_path.exists() and log_path.stat().st_size > LOG_BYTES_MAX
        with log_path.open("wb" if is_long else "ab") as log:
            # A group of its own: Ctrl-C is for the engine, which then stops us in order. Not a
            # session: Linux shares processors among sessions, whatever priority is within them.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=numbers,
                env={**os.environ, **(environment or {})},
                process_group=0,
            )
        os.close(told)
        self._ready = ready
        self._heard = b""

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """True while the process lives."""
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """True once it answers requests."""
        return self._has_told(READY)

    @property
    def is_loaded(self) -> bool:
        """True once it has loaded all that it needs, whether its socket listens or not."""
        return self._has_told(LOADED)

    def _has_told(self, what: bytes) -> bool:
        if what not in self._heard and select.select([self._ready], [], [], 0)[0]:
            self._heard += os.read(self._ready, len(LOADED + READY))
        return what in self._heard

    def drain(self) -> None:
        """Let it answer what is under way, and then end."""
        try:
            assert self._process.stdin is not None, "its standard input is a pipe"
            self._process.stdin.write(DRAIN)
            self._process.stdin.flush()
        except OSError:
            self.close()  # It has gone already.

    def close(self) -> None:
        """End its standard input, which it takes as the order to stop."""
        assert self._process.stdin is not None, "its standard input is a pipe"
        self._process.stdin.close()

    def wait(self, deadline_s: float) -> None:
        """Wait until it is gone, and kill it where it takes longer than the deadline."""
        try:
            self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close_ready()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def _close_ready(self) -> None:
        if self._ready >= 0:
            os.close(self._ready)
            self._ready = -1


class GatewayProcess:
    """The workers of one gateway over one engine's home; start, look after them, stop.

    `environment` is theirs, over that of this process.
    """

    def __init__(
        self,
        home: Path,
        listening: socket.socket,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._environment = environment
        self._listening = listening
        self._count = workers
        self._workers: list[Worker] = []
        self._successors: list[Worker] = []
        self._leaving: list[tuple[Worker, float]] = []

    @property
    def port(self) -> int:
        """The port it serves."""
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def is_running(self) -> bool:
        """True while a worker lives."""
        return any(worker.is_running for worker in self._workers)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Those that serve now."""
        return tuple(self._workers)

    @property
    def is_loaded(self) -> bool:
        """True once all workers could serve as soon as the socket listens."""
        return all(worker.is_loaded for worker in self._workers)

    def claim(self, port: int, host: str) -> None:
        """Have an unclaimed socket listen; `OutsideError` where another one has the port."""
        claim(self._listening, port, host)

    def start(self, now_s: float) -> None:
        """Start the workers at a monotonic time; their own output goes to gateway.log."""
        self._workers = self._started(now_s)

    def look_after(self, now_s: float) -> None:
        """Start again what ended by itself, not too often, and go on with a restart."""
        for number, worker in enumerate(self._workers):
            is_due = now_s - worker.started_s >= RESTART_INTERVAL_S
            if not worker.is_running and is_due:
                _ended(worker)
                self._workers[number] = self._worker(now_s)
        self._go_on_restarting(now_s)
        for worker, deadline_s in list(self._leaving):
            if not worker.is_running or now_s >= deadline_s:
                _ended(worker)
                self._leaving.remove((worker, deadline_s))

    def restart(self, now_s: float) -> None:
        """Replace all workers without dropping a request; `look_after` carries it through."""
        if not self._successors:
            self._successors = self._started(now_s)

    async def end(self) -> None:
        """Do nothing on the event loop: `stop` waits for the processes."""

    def stop(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop it and give the port back; blocks until it is gone, at most the deadline."""
        workers = [*self._workers, *self._successors, *(worker for worker, _ in self._leaving)]
        for worker in workers:
            worker.close()
        for worker in workers:
            worker.wait(deadline_s)
        self._workers, self._successors, self._leaving = [], [], []
        self._listening.close()

    def _started(self, now_s: float) -> list[Worker]:
        return [self._worker(now_s) for _ in range(self._count)]

    def _worker(self, now_s: float) -> Worker:
        return Worker(self._home, self._listening, now_s, self._environment)

    def _go_on_restarting(self, now_s: float) -> None:
        """Let the old workers go once all new ones answer; keep them where a new one does not."""
        if not self._successors:
            return
        is_late = now_s - self._successors[0].started_s >= READY_DEADLINE_S
        if is_late or not all(worker.is_running for worker in self._successors):
            for worker in self._successors:
                worker.kill()
                _ended(worker)
            self._successors = []
        elif all(worker.is_ready for worker in self._successors):
            for worker in self._workers:
                worker.drain()
                self._leaving.append((worker, now_s + DRAIN_DEADLINE_S))
            self._workers, self._successors = self._successors, []


def _ended(worker: Worker) -> None:
    """Let go of what belonged to a worker; one that still lives is killed."""
    worker.close()
    worker.wait(0)
