"""The demo universe: every instrument has a market of its own that trades."""

from __future__ import annotations

import pytest

from tradewind.model.errors import UserError
from tradewind.sim.demo import INSTRUMENTS, PARAMETERS, demo_instrument, demo_market

MINUTE_NS = 60_000_000_000


def test_every_demo_instrument_has_parameters() -> None:
    assert [instrument.id for instrument in INSTRUMENTS] == list(PARAMETERS)


def test_every_demo_market_trades_near_its_start_price() -> None:
    batches = demo_market(7, 1_700_000_000_000_000_000).advance(
        1_700_000_000_000_000_000 + 5 * MINUTE_NS
    )
    trades = {columns.instrument.id: columns for columns in batches if columns.kind == "trades"}
    assert trades.keys() == PARAMETERS.keys()
    for instrument_id, columns in trades.items():
        price = columns["price"].mean() / 10**columns.instrument.price_digits
        assert price == pytest.approx(PARAMETERS[instrument_id].start_price, rel=0.05)


def test_an_unknown_demo_instrument_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"choose from BTC/USDT\.SIM"):
        demo_instrument("DOGE/USDT.SIM")
