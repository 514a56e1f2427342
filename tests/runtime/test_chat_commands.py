"""Commands of a chat: allowed chats only, confirmed, on time, by the control socket, audited."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.model.messages import Halted, OrderIntended
from tradewind.runtime.chat_commands import AGE_S_MAX, CONFIRM_S, ChatCommands
from tradewind.runtime.control_client import ask

CHAT = "42"


class Chat:
    """A chat with the bot of a running engine, at a time of its own."""

    def __init__(self, home: Path) -> None:
        self.now_s = 1_000_000.0
        self.notes: list[tuple[str, str, str, str]] = []
        self.number = 0
        self.commands = ChatCommands(
            (CHAT,),
            ask=lambda request: ask(home, request),
            note=lambda *entry: self.notes.append(entry),
            now_s=lambda: self.now_s,
            code=lambda: "4821",
        )

    def write(self, text: str, *, chat: str = CHAT, age_s: int = 0) -> str:
        self.number += 1
        time_s = int(self.now_s) - age_s
        return asyncio.run(self.commands.answer(self.number, chat, time_s, text))


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


@pytest.fixture
def chat(tmp_path: Path, engine: MemoryEngine) -> Iterator[Chat]:
    with running(tmp_path, engine):
        yield Chat(tmp_path)


def test_status_profit_and_balance_are_told(chat: Chat) -> None:
    assert chat.write("/status").startswith("paper, ")
    assert "unrealised" in chat.write("/profit@my_bot")
    assert "equity 100012.50, cash 94012.49 USDT" in chat.write("/BALANCE")
    assert "/confirm CODE" in chat.write("what?")
    assert chat.notes == []


def test_a_stranger_gets_no_answer_and_is_noted(chat: Chat, engine: MemoryEngine) -> None:
    assert chat.write("/status", chat="43") == ""
    assert chat.write("/stop", chat="43") == ""
    assert chat.write("/confirm 4821", chat="43") == ""
    assert chat.notes == [("telegram:43", "chat command", "", "refused")] * 3
    assert engine.events == []


def test_a_stop_is_confirmed_halts_everything_and_is_audited(
    chat: Chat, engine: MemoryEngine
) -> None:
    assert "/confirm 4821" in chat.write("/stop")
    assert engine.events == []
    assert "trading is halted" in chat.write("/confirm 4821")
    (halted,) = engine.events
    assert isinstance(halted, Halted)
    assert (halted.scope, halted.by) == ("all", "telegram:42")
    assert chat.notes == [("telegram:42", "chat /stop", "", "ok")]
    assert "nothing waits" in chat.write("/confirm 4821")


def test_a_wrong_or_late_confirmation_does_nothing(chat: Chat, engine: MemoryEngine) -> None:
    assert "nothing waits" in chat.write("/confirm 4821")
    chat.write("/stop")
    for _ in range(3):
        assert "not the code" in chat.write("/confirm 1111")
    assert "nothing waits" in chat.write("/confirm 4821")
    chat.write("/stop")
    chat.now_s += CONFIRM_S + 1
    assert "nothing waits" in chat.write("/confirm 4821")
    assert engine.events == []


def test_a_command_that_waited_too_long_at_the_venue_is_not_obeyed(
    chat: Chat, engine: MemoryEngine
) -> None:
    chat.write("/stop")
    assert "write it again" in chat.write("/confirm 4821", age_s=AGE_S_MAX + 1)
    assert "trading is halted" in chat.write("/confirm 4821", age_s=AGE_S_MAX)
    assert len(engine.events) == 1


def test_a_forced_exit_halts_strategies_and_offers_what_is_held(
    chat: Chat, engine: MemoryEngine
) -> None:
    chat.write("/forceexit all")
    told = chat.write("/confirm 4821")
    halts = [event for event in engine.events if isinstance(event, Halted)]
    orders = [event for event in engine.events if isinstance(event, OrderIntended)]
    assert {halt.scope.partition(":")[0] for halt in halts} == {"strategy"}
    held = engine.positions()
    assert len(orders) == len(held) > 0
    assert orders[0].strategy == "person"
    assert orders[0].side.name == ("SELL" if float(held[0]["quantity"]) > 0 else "BUY")
    assert orders[0].order_id in told
    assert chat.notes[-1] == ("telegram:42", "chat /forceexit", "all", "ok")


def test_an_exit_of_what_there_is_not_is_refused_and_noted(
    chat: Chat, engine: MemoryEngine
) -> None:
    chat.write("/forceexit DOGE/USDT.SIM")
    assert "there is no instrument DOGE/USDT.SIM" in chat.write("/confirm 4821")
    assert engine.events == []
    assert chat.notes[-1][3].startswith("failed: ")


def test_an_engine_that_is_gone_is_said(tmp_path: Path) -> None:
    assert "no engine runs" in Chat(tmp_path).write("/status")
