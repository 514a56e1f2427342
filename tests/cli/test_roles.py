"""`tradewind run --topology split` where the library of the bus is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tradewind.cli.main import main


def test_without_the_library_of_the_bus_no_role_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "tradewind.wiring.bus.find_spec", lambda name: None if name == "zmq" else there(name)
    )
    split = ["run", "--topology", "split", "--home", str(tmp_path), "--for", "1"]
    assert main(split) != 0
    said = capsys.readouterr().err
    assert said == "tradewind: several processes need pyzmq: install tradewind[zeromq]\n"
