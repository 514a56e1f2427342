"""The entry point: help, version, exit codes."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import pytest

from tradewind.cli import commands, main
from tradewind.version import VERSION


def help_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tradewind {VERSION}\n"


def test_the_table_of_commands_is_the_folder_of_commands() -> None:
    folder = Path(commands.__file__).parent
    files = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    assert files == set(commands.COMMANDS)


@pytest.mark.parametrize("name", sorted(commands.COMMANDS))
def test_the_help_of_every_command_ends_in_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    last = help_of([name], capsys).rstrip().splitlines()[-1]
    assert last.startswith(f"example: tradewind {name}")


@pytest.mark.parametrize("name", sorted(commands.COMMANDS))
def test_the_example_of_every_command_can_be_parsed(name: str) -> None:
    words = shlex.split(main.command_module(name).EXAMPLE)[1:]
    assert callable(main.parser_for(words).parse_args(words).run)


def test_an_unknown_command_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["dance"])
    assert ended.value.code == main.EXIT_WRONG_USE
    assert "dance" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.command_module("doctor"), "run", interrupted)
    assert main.main(["doctor"]) == main.EXIT_INTERRUPTED


def test_doctor_answers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["doctor", "--json"]) == main.EXIT_OK
    assert json.loads(capsys.readouterr().out)["tradewind"] == VERSION
