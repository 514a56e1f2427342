"""A strategy that wants what there is not is stopped, and nothing of it is journaled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.test_strategy_faults import Watcher, engine_with, quote, stopped
from tradewind.model.orders import OrderFlag


class Flagged(Watcher):
    """Orders with a flag, or an end, that there is not."""

    terms: str = ""

    def on_quote(self, quote: Any) -> None:
        super().on_quote(quote)
        if self.terms == "flags":
            self.buy(1, limit="100", flags=OrderFlag(8))
        else:
            self.buy(1, limit="100", expire_time_ns=-1)


@pytest.mark.parametrize("terms", ["flags", "end"])
def test_a_strategy_that_wants_what_there_is_not_is_stopped(terms: str) -> None:
    engine = engine_with(Flagged(terms=terms))
    quote(engine)
    assert len(stopped(engine)) == 1
    assert not engine.state.orders
