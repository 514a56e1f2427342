"""Subscribers hear of an account when it changed, and once at their beginning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.runtime.broadcast import Subscription
from tradewind.runtime.desk import Desk


class Looping:
    """What a desk needs of a loop: an engine, and where to listen."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.listeners: list[Any] = []

    def turn(self, *records: m.ControlEvent) -> None:
        for record in records:
            self.engine.step(record)
        group = SimpleNamespace(last=self.engine.state.sequence)
        for listener in self.listeners:
            listener(SimpleNamespace(records=records, group=group))


def told(subscription: Subscription) -> list[tuple[str, str]]:
    """The accounts that it was told, with their equity."""
    updates = list(subscription._queue)
    subscription._queue.clear()
    rows = [update.body for update in updates if update.name == "account"]
    return [(str(row["account"]), str(row["equity"])) for row in rows]


def test_an_account_is_told_when_it_changed_and_once_to_who_comes() -> None:
    loop = Looping()
    desk = Desk(cast(Any, loop), cast(Any, None), mode="paper", now_ns=lambda: 0)
    loop.turn(
        m.RunStarted(1, "j0", 1, ""),
        m.AccountOpened(1, "main", "USD"),
        m.AccountOpened(1, "other", "USD"),
        m.CashDeposited(1, "main", "USD", 5_000_000),
    )
    first = desk.subscribe()
    loop.turn(m.RateChanged(2, "EUR", "USD", 10**9 + 1))
    assert told(first) == [("main", "5.000000"), ("other", "0.000000")]
    loop.turn(m.RateChanged(3, "EUR", "USD", 10**9 + 2))
    assert told(first) == []
    loop.turn(m.CashDeposited(4, "other", "USD", 1))
    assert told(first) == [("other", "0.000001")]
    second = desk.subscribe()
    loop.turn(m.RateChanged(5, "EUR", "USD", 10**9 + 3))
    assert told(second) == [("main", "5.000000"), ("other", "0.000001")]
