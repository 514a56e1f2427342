"""The account that the paper venue keeps: its own count of money, positions and executions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderFilled
from tradewind.model.numbers import multiply_units
from tradewind.model.orders import Leg, OrderType, Side
from tradewind.model.venue_account import VenueBalance, VenueFill, VenuePosition

FILLS_REMEMBERED_MAX = 10_000
"""Executions kept; beyond it the oldest is forgotten."""


class PaperAccount:
    """Counts what fills move, apart from the books of the core; nothing holds money back.

    >>> account = PaperAccount()
    >>> account.open({"USDT": 10**10}, {})
    >>> coin = Instrument("COIN/USDT.SIM", tick="1", lot="1")
    >>> fill = OrderFilled(5, "j-a-1", "1", 100, 2, 10**6, "USDT", 2)
    >>> account.post(fill, coin, Side.BUY, Leg.NET)
    >>> [balance.total for balance in account.balances()]  # 100 less 200 and a fee of 0.01
    [-10001000000]
    """

    def __init__(self) -> None:
        self._cash: dict[str, int] = {}
        self._positions: dict[tuple[str, Leg], int] = {}
        self._fills: deque[VenueFill] = deque(maxlen=FILLS_REMEMBERED_MAX)

    def open(self, cash: Mapping[str, int], positions: Mapping[tuple[str, Leg], int]) -> None:
        """Begin with these: money units by currency, signed quantities by instrument and leg."""
        self._cash = dict(cash)
        self._positions = dict(positions)

    def post(self, fill: OrderFilled, instrument: Instrument, side: Side, leg: Leg) -> None:
        """Move what one execution moves."""
        quantity = fill.quantity * side
        factor, divisor = instrument.money_factor, instrument.money_divisor
        self._pay(instrument.currency, multiply_units(fill.price, quantity, factor, divisor))
        self._pay(fill.fee_currency, fill.fee)
        key = (instrument.id, leg)
        self._positions[key] = self._positions.get(key, 0) + quantity
        self._fills.append(
            VenueFill(
                fill.fill_id,
                fill.order_id,
                "sim:" + fill.order_id,
                instrument.id,
                side,
                fill.price,
                fill.quantity,
                fill.fee,
                fill.fee_currency,
                fill.liquidity,
                fill.time_ns,
            )
        )

    def balances(self) -> list[VenueBalance]:
        """Money by currency, all of it free."""
        return [VenueBalance(name, cash, cash) for name, cash in sorted(self._cash.items()) if cash]

    def positions(self) -> list[VenuePosition]:
        """Positions that are not flat."""
        return [
            VenuePosition(name, quantity, leg=leg)
            for (name, leg), quantity in sorted(self._positions.items())
            if quantity
        ]

    def fills(self, instrument: str, since_ns: int) -> list[VenueFill]:
        """Executions of an instrument from a time on."""
        return [
            fill
            for fill in self._fills
            if fill.instrument == instrument and fill.venue_time_ns >= since_ns
        ]

    def _pay(self, currency: str, amount: int) -> None:
        self._cash[currency] = self._cash.get(currency, 0) - amount


class Terms:
    """What the paper venue remembers of an order beside what it works by."""

    __slots__ = ("instrument", "leg", "side", "type")

    def __init__(self, instrument: Instrument, side: Side, leg: Leg, order_type: OrderType) -> None:
        self.instrument = instrument
        self.side = side
        self.leg = leg
        self.type = order_type
