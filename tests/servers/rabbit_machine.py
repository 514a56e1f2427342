"""A machine for nodes of RabbitMQ, with the port mapper by which they find each other."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.found import end, program


class Machine:
    """This one, or one with a network of its own, whose commands are run behind a prefix."""

    def __init__(
        self,
        name: str,
        address: str,
        epmd_port: int,
        *,
        prefix: Sequence[str] = (),
        hosts: Path | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self._epmd_port = epmd_port
        self._prefix = prefix
        self._hosts = hosts
        self._epmd: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run the port mapper; left to the nodes it would outlive them."""
        words = [program("epmd", "erlang-base"), "-port", str(self._epmd_port)]
        command = self.command(*words, "-address", self.address)
        self._epmd = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._epmd is not None:
            end(self._epmd)

    def command(self, *words: str) -> list[str]:
        """What runs a command there."""
        return [*self._prefix, *words]

    def argument(self) -> str:
        """What a node is told so that the others reach it here alone."""
        return f"-kernel inet_dist_use_interface {_erlang_address(self.address)}"

    def environment(self) -> dict[str, str]:
        """Where nodes and their tools find the port mapper, and each other's addresses."""
        found = {"ERL_EPMD_ADDRESS": self.address, "ERL_EPMD_PORT": str(self._epmd_port)}
        return found if self._hosts is None else {**found, "ERL_INETRC": str(self._hosts)}


def known_hosts(addresses: Mapping[str, str]) -> str:
    """The names of machines as Erlang reads them."""
    known = {"localhost": "127.0.0.1", **addresses}
    lines = [f'{{host,{_erlang_address(at)},["{name}"]}}.\n' for name, at in known.items()]
    return "".join(lines) + "{lookup,[file]}.\n"


def _erlang_address(address: str) -> str:
    return "{" + address.replace(".", ",") + "}"
