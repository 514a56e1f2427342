"""Trading at Alpaca passes the suite of trading against the local venue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest

from tests.adapters.alpaca.samples import APPLE
from tests.adapters.local_venue import FRIDAY_MORNING, LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.alpaca.rest import Hosts, Keys
from tradewind.adapters.alpaca.trading import AlpacaTrading
from tradewind.adapters.net.secret import Secret
from tradewind.testing.trading_stage import PREFIX
from tradewind.testing.trading_suite import TradingSuite

FAULTS = {
    "reply_lost": "reply-lost",
    "reply_dropped": "reply-dropped",
    "request_lost": "request-lost",
    "duplicate": "duplicate-report",
    "late": "late-report",
    "reordered": "reordered-report",
    "lost": "lost-report",
    "fill_after_cancel": "fill-after-cancel",
    "rate_limit": "rate-limit",
}

# The venue counts 200 requests a minute for each account, so the cases take turns.
ACCOUNTS = cycle(["demo", "second", "free"])


class Stage:
    """The local venue with one of its accounts."""

    faults = frozenset({*FAULTS, "cut", "refusals", "balances", "amendments"})
    instrument = APPLE.instrument
    passive_price = 500_000
    quantity = 20_000

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue
        self.account = venue.account(next(ACCOUNTS))

    def trading(self) -> AlpacaTrading:
        base = f"http://{self.venue.address}"
        hosts = Hosts(base, base, f"ws://{self.venue.address}/stream")
        keys = Keys(Secret(self.account["key"]), Secret(self.account["secret"]))
        return AlpacaTrading(
            [self.instrument.id],
            keys,
            hosts,
            clock=RealClock(),
            chance=no_chance,
            id_prefix=PREFIX,
            silence_s=3.0,
        )

    def strike(self, fault: str) -> None:
        if fault == "cut":
            self.venue.operate("POST", "sockets/cut", {})
        else:
            self.venue.fault(FAULTS[fault], count=1)

    def orders_at_venue(self, order_id: str) -> int | None:
        return sum(
            1
            for row in self.venue.log()
            if row.get("what") == "new" and order_id in str(row.get("client_id", row))
        )


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("alpaca", "--still", "--clock", FRIDAY_MORNING) as running:
        yield running


class TestAlpaca(TradingSuite):
    @pytest.fixture(autouse=True)
    def _use(self, venue: LocalVenue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.heal()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        yield Stage(self.venue)
