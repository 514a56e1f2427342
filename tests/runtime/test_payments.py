"""Payments that the venue names: booked as what they are, once, where money moved by them."""

from __future__ import annotations

import pytest

from tests.runtime.test_reconciliation import kinds, look, through
from tests.runtime.venue_engine import CASH, COIN, VenueEngine
from tradewind.model import messages as m
from tradewind.model.account_messages import EntryKind
from tradewind.model.orders import Leg
from tradewind.model.venue_account import VenuePayment
from tradewind.ports.trading import Refused


class Payer:
    """Moves money at the paper venue and names what it paid; `since_ns` is what it was asked."""

    def __init__(self, engine: VenueEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        self._engine = engine
        self.cash = CASH
        self.rows: list[VenuePayment] = []
        self.since_ns: list[int] = []
        monkeypatch.setattr(engine.paper, "payments", self.payments)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        self.since_ns.append(since_ns)
        return [row for row in self.rows if row.venue_time_ns >= since_ns]

    def pay(self, number: int, amount: int, kind: EntryKind = "funding") -> None:
        """A payment that moves the account's money and is named."""
        now_ns = self._engine.clock.now_ns()
        self.rows.append(VenuePayment(str(number), "USD", amount, kind, COIN.id, now_ns))
        self.move(amount)

    def move(self, amount: int) -> None:
        """Money that moves, and nobody says why."""
        self.cash += amount
        self._engine.paper.open_account({"USD": self.cash}, {(COIN.id, Leg.NET): 3})


def posted(engine: VenueEngine) -> list[tuple[str, int, str, str]]:
    rows = engine.told(m.CashPosted)
    return [
        (row.kind, row.amount, row.instrument, row.reference)
        for row in rows
        if isinstance(row, m.CashPosted)
    ]


def test_funding_is_posted_as_funding_and_halts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(engine: VenueEngine) -> None:
        payer = Payer(engine, monkeypatch)
        payer.pay(1, -500)
        await look(engine)
        payer.pay(2, 70)
        payer.pay(3, -20, "fee")
        await look(engine)
        await look(engine)
        assert len(payer.since_ns) == 2  # asked only where money differs

    engine = through(scenario)
    assert not engine.state.halts
    assert posted(engine) == [
        ("funding", -500, COIN.id, "1"),
        ("funding", 70, COIN.id, "2"),
        ("fee", -20, COIN.id, "3"),
    ]
    assert kinds(engine)[2:] == ["payment"] * 3
    wallet = engine.state.account("main").home
    assert (wallet.cash, wallet.others, wallet.fees) == (CASH - 450, {"funding": 430}, 20)


def test_a_payment_is_posted_once_and_explains_nothing_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        payer = Payer(engine, monkeypatch)
        payer.pay(1, -500)
        await look(engine)
        payer.move(-500)  # a withdrawal of as much
        await look(engine)

    engine = through(scenario)
    assert posted(engine) == [("funding", -500, COIN.id, "1")]
    assert engine.state.halts["venue:SIM"][0].startswith("balance of USD")


def test_money_that_payments_explain_in_part_halts_the_venue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        payer = Payer(engine, monkeypatch)
        payer.pay(1, -500)
        payer.move(9_000)
        await look(engine)

    engine = through(scenario)
    assert posted(engine) == []
    assert "venue:SIM" in engine.state.halts


def test_what_was_paid_before_the_first_look_is_in_what_the_account_began_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        payer = Payer(engine, monkeypatch)
        earlier_ns = engine.clock.now_ns() - 5 * 10**9
        payer.rows.append(VenuePayment("0", "USD", -900, "funding", "", earlier_ns))
        payer.pay(1, -500)
        await look(engine)

    engine = through(scenario)
    assert posted(engine) == [("funding", -500, COIN.id, "1")]
    assert not engine.state.halts


def test_a_venue_that_does_not_tell_payments_is_halted_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refusing(*, since_ns: int) -> list[VenuePayment]:
        raise Refused("this key may not ask")

    async def scenario(engine: VenueEngine) -> None:
        Payer(engine, monkeypatch).move(-500)
        monkeypatch.setattr(engine.paper, "payments", refusing)
        await look(engine)

    engine = through(scenario)
    assert engine.state.halts["venue:SIM"][0].startswith("balance of USD")
