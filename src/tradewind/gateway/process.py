"""The gateway as a child process: its port is claimed first, it ends with its parent."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tradewind.model.errors import OutsideError

HOST = "127.0.0.1"
QUEUED_CONNECTIONS_MAX = 128
MODULE = "tradewind.wiring.gateway"
"""What the process runs: the gateway with its stores, which this package does not know."""
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
    "jwt",
    "prometheus_client",
    "pyotp",
    "sqlalchemy",
    "uvicorn",
    "websockets",
)
RESTART_INTERVAL_S = 5.0
"""A gateway that ends by itself is not started more often."""


def claim_port(port: int) -> socket.socket:
    """Return a socket that listens on the port, or raise `OutsideError` with one sentence."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(QUEUED_CONNECTIONS_MAX)
    except OSError as error:
        listening.close()
        sentence = f"port {port} cannot be used: {error.strerror}; set PORT to another"
        if error.errno == errno.EADDRINUSE:
            sentence = f"port {port} is in use by another program: stop it or set PORT to another"
        raise OutsideError(sentence, fault="ours", retry=False) from None
    return listening


def missing_modules() -> list[str]:
    """Return which libraries of the extra [gateway] are not installed."""
    return [name for name in LIBRARIES if not find_spec(name)]


class GatewayProcess:
    """One gateway over one engine's home; start, look after it now and then, stop."""

    def __init__(self, home: Path, listening: socket.socket) -> None:
        self._home = home
        self._listening = listening
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0

    @property
    def port(self) -> int:
        """The port it serves."""
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def is_running(self) -> bool:
        """True while the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, now_s: float) -> None:
        """Start the process at a monotonic time; its own output goes to gateway.log."""
        socket_number = self._listening.fileno()
        command = [sys.executable, "-m", MODULE]
        command += ["--home", str(self._home), "--socket", str(socket_number)]
        log_path = self._home / LOG_NAME
        is_long = log_path.exists() and log_path.stat().st_size > LOG_BYTES_MAX
        with log_path.open("wb" if is_long else "ab") as log:
            # A session of its own: Ctrl-C is for the engine, which then stops us in order.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=[socket_number],
                start_new_session=True,
            )
        self._started_s = now_s

    def look_after(self, now_s: float) -> None:
        """Start it again if it ended by itself, not too often."""
        ended = self._process is not None and not self.is_running
        if ended and now_s - self._started_s >= RESTART_INTERVAL_S:
            self._close_pipe()
            self.start(now_s)

    async def end(self) -> None:
        """Do nothing on the event loop: `stop` waits for the process."""

    def stop(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop it and give the port back; blocks until it is gone, at most the deadline."""
        self._close_pipe()
        if self._process is not None:
            try:
                self._process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        self._listening.close()

    def _close_pipe(self) -> None:
        """End its standard input, which it takes as the order to stop."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
