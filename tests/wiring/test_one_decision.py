"""One decision of a route that sends children to two venues in the same turn, filled at both."""

from __future__ import annotations

import json
import signal
from decimal import Decimal
from pathlib import Path

import pytest

from tests.adapters.local_venue import local_venue
from tests.storm.engine import ACCOUNT, StormEngine
from tests.wiring.test_two_venues import (
    COIN,
    SPOT,
    Venues,
    bought,
    held,
    is_ready,
    journaled,
    sent_of,
    settings,
)
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import ParentEnded

UNITS = 10**8
"""Of a bitcoin as the parent counts it."""
QUANTITY = Decimal("30")
"""More than one book shows, so that what the second shows is needed too."""


@pytest.mark.long
def test_an_order_larger_than_one_book_goes_to_both_venues_in_one_decision(tmp_path: Path) -> None:
    with local_venue("binance") as spot, local_venue("binance-usdm") as coin:
        venues: Venues = (spot, coin)
        for venue in venues:
            money = {"account": venue.first["name"], "asset": "USDT", "amount": "50000000"}
            venue.operate("POST", "deposit", money)
        alike = {
            "TRADEWIND_ROUTES": f"BTC={SPOT}+{COIN}",
            "MAX_POSITION_SIZE": "9000000",
            "RISK_LIMITS": json.dumps(
                {
                    f"account:{ACCOUNT}": {
                        "order_notional": None,
                        "gross_exposure": None,
                        "leverage": None,
                    }
                }
            ),
        }
        engine = StormEngine(spot, tmp_path / "home", **{**settings(venues), **alike})
        engine.start()
        try:
            engine.wait_until(is_ready, "both trade and are priced")
            decided = bought(engine, str(QUANTITY))
            status = engine.status()
        finally:
            engine.end(signal.SIGTERM)
    records = journaled(engine.home)
    assert all(score.quantity for score in decided.scores), decided
    assert sum(score.quantity for score in decided.scores) == QUANTITY * UNITS
    sent = [
        (number, one)
        for number, one in enumerate(records)
        if isinstance(one, m.SubmitOrder) and one.order_id.startswith(decided.order_id + ".")
    ]

    first_fill = next(
        number
        for number, one in enumerate(records)
        if isinstance(one, m.OrderFilled) and one.order_id.startswith(decided.order_id + ".")
    )
    together = {one.instrument for number, one in sent if number < first_fill}
    assert together == {SPOT, COIN}, "one decision, both on their way before either filled"
    assert all(sent_of(records, decided.order_id, leg) for leg in (SPOT, COIN))
    (ended,) = [
        one for one in records if isinstance(one, ParentEnded) and one.order_id == decided.order_id
    ]
    assert ended.reason == "filled"
    assert held(status) == QUANTITY
    assert not status["halts"]
