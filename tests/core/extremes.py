"""What the core says to numbers at its bounds; run as a program it prints every answer."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

from tests.core.test_accounts import BTC, GOOG, SAP, Desk
from tradewind.core.snapshot import state_hash
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.model.market import trade_of
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX
from tradewind.model.orders import Liquidity, OrderType, Side

SIZES = (1, 999, 10**6, 10**9, 10**12, UNITS_MAX - 1, UNITS_MAX, UNITS_MAX + 1, 2**63 - 1, 2**63)
PRICES = (1, 100, 10**7, 10**12, UNITS_MAX, UNITS_MAX + 1)
LIMITS = (
    Limits(),
    Limits(order_notional=str(MONEY_MAX), capital="1e40", leverage="1e12", concentration="0.1"),
    Limits(position_quantity="1e18", net_exposure="9e12", gross_exposure="1", risk_per_trade="1"),
)


def answers() -> Iterator[str]:
    """One line for every attempt."""
    for number, limits in enumerate(LIMITS):
        desk = Desk()
        desk.engine.step(m.LimitsChanged(2, "firm", limits, "test"))
        for instrument in (GOOG, SAP, BTC):
            yield answer(desk, trade_of(instrument, 2, 10_000, 1, 0))
        cases = itertools.product((GOOG, SAP, BTC), SIZES, (0, *PRICES), (Side.BUY, Side.SELL))
        for count, (instrument, size, price, side) in enumerate(cases):
            order_id = f"x-{number}-{count}"
            terms = (OrderType.LIMIT, price) if price else (OrderType.MARKET, 0)
            intent = m.OrderIntended(2, order_id, "manual", instrument.id, side, size, *terms)
            yield answer(desk, intent)
            fill = m.OrderFilled(2, order_id, "f", price, size, price, "BNB", Liquidity.TAKER)
            yield answer(desk, fill)
            yield str(desk.state.accounts[0].home.snapshot())
        yield state_hash(desk.state)


def answer(desk: Desk, event: Any) -> str:
    """What was decided, or why it was refused."""
    try:
        return str(desk.engine.step(event))
    except UserError as error:
        return f"refused {error}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(answers()))
