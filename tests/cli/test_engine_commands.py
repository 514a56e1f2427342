"""status, orders, positions, halt and resume against an engine in another thread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tests.runtime.test_control import ORDER
from tests.wiring.test_paper_hour import paper
from tradewind.cli.main import main
from tradewind.model.messages import CancelIntended, Halted, Resumed
from tradewind.runtime.acceptance import Seen
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import PlaceRequest, ReconcileRequest
from tradewind.runtime.halt_file import HALT_NAME
from tradewind.runtime.read_models import DifferenceRow
from tradewind.testing.virtual_time import run_virtually


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[MemoryEngine]:
    engine = MemoryEngine()
    with running(tmp_path, engine):
        ask(tmp_path, PlaceRequest(ORDER))
        yield engine


def typed(home: Path, *words: str) -> int:
    return main([*words, "--home", str(home)])


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_status_ends_with_3_while_halted_and_with_1_while_unhealthy(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "status") == 0
    assert "\nok\n" in capsys.readouterr().out
    assert typed(tmp_path, "halt", "--scope", "strategy:cross", "--json") == 0
    assert answer(capsys) == {"halted": "strategy:cross", "sequence": 2}
    assert typed(tmp_path, "status", "--json") == 3
    assert answer(capsys)["halts"][0]["scope"] == "strategy:cross"
    assert typed(tmp_path, "resume", "--scope", "strategy:cross", "--confirm", "RESUME") == 0
    engine.disk_is_full = True
    assert typed(tmp_path, "status") == 1


def test_a_halt_carries_the_reason_and_the_person(tmp_path: Path, engine: MemoryEngine) -> None:
    assert typed(tmp_path, "halt", "--reason", "odd fills") == 0
    halted = engine.events[-1]
    assert isinstance(halted, Halted)
    assert (halted.scope, halted.reason, bool(halted.by)) == ("all", "odd fills", True)


def test_resume_wants_its_word(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "resume") == 2
    assert typed(tmp_path, "resume", "--confirm", "yes") == 2
    assert "--confirm RESUME" in capsys.readouterr().err
    assert typed(tmp_path, "resume", "--confirm", "RESUME") == 0
    assert [type(event) for event in engine.events[1:]] == [Resumed]


def test_orders_are_listed_and_canceled(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "orders", "--open") == 0
    assert "j-person-1" in capsys.readouterr().out
    assert typed(tmp_path, "orders", "--cancel", "j-person-1") == 0
    assert engine.events[-1] == CancelIntended(0, "person", "j-person-1")
    capsys.readouterr()
    assert typed(tmp_path, "orders", "--open") == 0
    assert capsys.readouterr().out == "no orders\n"
    assert typed(tmp_path, "orders", "--json") == 0
    assert answer(capsys)["orders"][0]["state"] == "CANCELED"


def test_an_order_that_does_not_exist_cannot_be_canceled(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "orders", "--cancel", "j-person-9") == 1
    assert capsys.readouterr().err == "tradewind: there is no order j-person-9\n"


def test_positions_are_listed(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "positions", "--json") == 0
    assert answer(capsys)["positions"] == engine.positions()
    assert typed(tmp_path, "positions") == 0
    assert "59875.10" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [["status"], ["orders"], ["orders", "--cancel", "x"], ["positions"],
     ["halt", "--scope", "account:paper"], ["resume", "--confirm", "RESUME"]],
)  # fmt: skip
def test_without_an_engine_every_command_says_so_and_ends_with_1(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, *words) == 1
    sentence = f"tradewind: no engine runs in {tmp_path}: start one with `tradewind run`\n"
    assert capsys.readouterr().err == sentence


def test_a_halt_of_everything_without_an_engine_is_left_as_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "halt", "--reason", "odd fills") == 1
    assert (tmp_path / HALT_NAME).read_text() == "odd fills\n"
    assert f"wrote {tmp_path / HALT_NAME}" in capsys.readouterr().err


def test_a_scope_that_is_none_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(tmp_path, "halt", "--scope", "everything") == 2
    assert not (tmp_path / HALT_NAME).exists()
    assert "'everything' is no scope" in capsys.readouterr().err


def test_what_a_run_left_is_shown_where_no_engine_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_virtually(paper(tmp_path, 90, lambda desk: None))
    assert typed(tmp_path, "status", "--json") == 1
    status = answer(capsys)
    assert status["mode"] == "stopped"
    assert "no engine runs" in status["health"]["reasons"][0]
    assert float(status["accounts"][0]["equity"]) > 90_000
    assert typed(tmp_path, "positions", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["positions"] == status["positions"] != []
    assert f"these are the positions at sequence {status['sequence']}" in printed.err
    assert typed(tmp_path, "status") == 1
    assert "stopped" in capsys.readouterr().out


BALANCE: DifferenceRow = {
    "venue": "BINANCE",
    "kind": "balance",
    "subject": "USDT",
    "ours": "100.00",
    "theirs": "90.00",
    "rule": "halt",
    "reason": "money moved that no execution explains",
    "time_ns": 5,
}


def test_the_venues_word_is_taken_as_it_was_shown(
    tmp_path: Path, engine: MemoryEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("reconcile", "accept", "--venue", "BINANCE", "--reason", "withdrew 10")
    assert typed(tmp_path, "reconcile", "show") == 0
    assert capsys.readouterr().out == "nothing differs\n"
    assert typed(tmp_path, *words) == 2
    assert "no difference halts BINANCE" in capsys.readouterr().err
    engine.differing = [BALANCE, {**BALANCE, "rule": "correct", "subject": "BTC"}]
    assert typed(tmp_path, "reconcile", "show") == 0
    assert "90.00" in capsys.readouterr().out
    assert typed(tmp_path, *words, "--subject", "BTC") == 2
    capsys.readouterr()
    assert typed(tmp_path, *words, "--json") == 0
    assert answer(capsys)["differences"][0]["kind"] == "accepted_balance"
    (asked,) = engine.performed
    assert isinstance(asked, ReconcileRequest)
    assert asked.seen == (Seen("balance", "USDT", "90.00"),)
    assert (asked.venue, asked.reason, bool(asked.by)) == ("BINANCE", "withdrew 10", True)
