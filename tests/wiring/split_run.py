"""A split run in processes: started, asked, killed and told to stop by a test."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

DEADLINE_S = 60.0
STOP_S = 40.0
OF_LIVE_RUNS = {"execution-engine", "watchdog", "drop-copy"}
STRATEGIES = 3
"""Those of the demo."""


class SplitRun:
    """`tradewind run` with the roles of a home; a context manager that leaves no process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        first = free_port()
        self.ports = {
            "market-data": first,
            "signal-bridge": first + 1,
            "risk-manager": first + 2,
            "execution-engine": first + 3,
            "worker": first + 4,
            "data-processor": first + 5,
            "watchdog": first + 6,
            "drop-copy": first + 7,
            "api-gateway": free_port(),
        }
        self._log = (home.parent / "split.txt").open("ab")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._seen: dict[str, int] = {}
        self.environment: dict[str, str] = {}
        self.strategies = STRATEGIES

    def __enter__(self) -> SplitRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._log.close()

    def stop(self) -> None:
        """End all of them in order, or by force."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def said(self) -> str:
        """What the processes wrote."""
        return (self.home.parent / "split.txt").read_text()

    @property
    def pids(self) -> set[int]:
        """The processes that were started here; those of a supervisor are its children."""
        return {process.pid for process in self._processes}

    @property
    def codes(self) -> list[int | None]:
        """How the processes ended."""
        return [process.poll() for process in self._processes]

    def is_running(self, pid: int) -> bool:
        """Whether a process of ours has not ended."""
        return any(one.pid == pid and one.poll() is None for one in self._processes)

    def start(self, *words: str) -> None:
        """Run all roles (`--topology split`) or one of them (`--role NAME`)."""
        environment = {
            **os.environ,
            **self.environment,
            "TRADEWIND_HOME": str(self.home),
            "TRADEWIND_DATA_PORT": str(self.ports["data-processor"]),
            "TRADEWIND_ROLES_PORT": str(self.ports["market-data"]),
            "PORT": str(self.ports["api-gateway"]),
        }
        command = [sys.executable, "-m", "tradewind", "run", *words]
        self._processes.append(
            subprocess.Popen(
                command, cwd=self.home.parent, env=environment, stdout=self._log, stderr=self._log
            )
        )

    def asked(self, role: str, path: str = "/health") -> str:
        """What a role answers, "" where it does not."""
        address = f"http://127.0.0.1:{self.ports[role]}{path}"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def health(self, role: str) -> dict[str, Any]:
        """The health of a role, empty where it does not answer."""
        text = self.asked(role)
        return json.loads(text) if text.startswith("{") else {}

    def metric(self, role: str, name: str) -> float:
        """A number of a role, 0 where it tells none."""
        lines = self.asked(role, "/metrics").splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name + " ")), 0.0)

    def until(self, is_reached: Callable[[], bool], what: str) -> float:
        """Wait, and say how many seconds it took."""
        begun_s = time.monotonic()
        while not is_reached():
            assert time.monotonic() - begun_s < DEADLINE_S, f"{what}\n{self.said}"
            time.sleep(0.02)
        return time.monotonic() - begun_s

    def lent(self) -> int:
        """How many strategies signal-bridges run."""
        lines = self.asked("risk-manager", "/metrics").splitlines()
        return sum(line.startswith("strategy_lent{") and line.endswith(" 1") for line in lines)

    def until_well(self) -> None:
        """Wait until all roles are well and orders fill."""
        for role in self.ports.keys() - OF_LIVE_RUNS:
            self.until(lambda role=role: self.health(role).get("ok") is True, f"{role} is well")  # type: ignore[misc]
        self.until(lambda: self.lent() == self.strategies, "all strategies run")
        self.until(lambda: self.metric("risk-manager", "fills_total") > 0, "an order fills")

    def until_standing_by(self, role: str) -> None:
        """Wait until the next process of a role has loaded all and waits for its turn."""
        count = self._seen.get(role, 0) + 1
        self.until(lambda: self.standing_by(role) >= count, f"somebody stands by for {role}")
        self._seen[role] = count

    def standing_by(self, role: str) -> int:
        """How many processes of a role have said that they wait."""
        log = self.home / f"{role}.log"
        return log.read_text().count("standing_by") if log.exists() else 0

    def kill_bridge(self) -> float:
        """`kill -9` a signal-bridge; the seconds until its strategies run in another one."""
        pid = self.health("signal-bridge")["pid"]
        leases = self.metric("risk-manager", "leases_total")
        os.kill(pid, signal.SIGKILL)
        begun_s = time.monotonic()
        self.until(
            lambda: (
                self.metric("risk-manager", "leases_total") > leases
                and self.lent() == self.strategies
            ),
            "all strategies run again",
        )
        took_s = time.monotonic() - begun_s
        self.until(
            lambda: self.health("signal-bridge").get("pid", pid) != pid, "there are two again"
        )
        self.until(lambda: self.metric("signal-bridge", "strategies") > 0, "both have strategies")
        return took_s

    def kill_gateway(self) -> float:
        """`kill -9` the gateway; the seconds until another one answers, while orders go on."""
        orders = self.metric("risk-manager", "orders_submitted_total")
        killed = self._listening("api-gateway")
        os.kill(killed, signal.SIGKILL)
        begun_s = time.monotonic()
        self.until(lambda: self._listening("api-gateway") not in (0, killed), "another has it")
        self.until(lambda: self.health("api-gateway").get("ok") is True, "the gateway answers")
        took_s = time.monotonic() - begun_s
        self.until(
            lambda: self.metric("risk-manager", "orders_submitted_total") > orders,
            "orders leave without it",
        )
        return took_s

    def _listening(self, role: str) -> int:
        """The process a supervisor of ours started that listens at the port of a role, or 0."""
        place = f":{self.ports[role]:04X} "
        lines = Path("/proc/net/tcp").read_text().splitlines()
        found = {line.split()[9] for line in lines if place in line and " 0A " in line}
        ours = {process.pid for process in self._processes}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                links = (os.readlink(each) for each in (folder / "fd").iterdir())
                if parent in ours and any(link[8:-1] in found for link in links):
                    return int(folder.name)
        return 0

    def kill(self, role: str) -> float:
        """`kill -9` a role; the seconds until it is another process and trading goes on."""
        pid = self.health(role)["pid"]
        os.kill(pid, signal.SIGKILL)
        begun_s = time.monotonic()
        self.until(lambda: self.health(role).get("pid", pid) != pid, f"{role} is there again")
        rows = self.metric("risk-manager", "market_rows_total")
        self.until(
            lambda: (
                self.health("risk-manager").get("ok") is True
                and self.metric("risk-manager", "market_rows_total") > rows
                and self.lent() == self.strategies
            ),
            "the engine trades again",
        )
        return time.monotonic() - begun_s


def free_port() -> int:
    """A port of which the seven above are free as well, when it was looked at."""
    while True:
        sockets = [socket.socket() for _ in range(8)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            first: int = sockets[0].getsockname()[1]
            for number, each in enumerate(sockets[1:], 1):
                each.bind(("127.0.0.1", first + number))
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for each in sockets:
                each.close()
