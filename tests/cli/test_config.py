"""`tradewind config`: every fault, every value with its source, the reference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tradewind.cli.main import main
from tradewind.wiring.catalog import SETTINGS


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for setting in SETTINGS:
        for name in setting.variables:
            monkeypatch.delenv(name, raising=False)


def test_check_lists_every_fault_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("TRADING_MODE", "live")
    assert main(["config", "check"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 6
    assert main(["config", "check", "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], len(answer["faults"])) == (False, 6)
    assert answer["settings"]["gateway.port"] == {"value": "8000", "from": "default"}


def test_check_of_what_is_right_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check"]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == len(SETTINGS)
    assert shown.err == ""


def test_show_prints_each_value_and_its_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "8080")
    assert main(["config", "show", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["gateway.port"] == {"value": "8080", "from": "environment PORT"}
    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [setting.name for setting in SETTINGS]


def test_the_reference_is_a_table_of_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "reference"]) == 0
    text = capsys.readouterr().out
    assert all(f"`{setting.name}`" in text for setting in SETTINGS)
