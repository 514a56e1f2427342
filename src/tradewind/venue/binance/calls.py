"""One call of Binance's API, over REST or WebSocket alike: who calls, with what, when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tradewind.venue.accounts import Account
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.keys import ApiKey
from tradewind.venue.binance.parameters import Parameters

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue


class Security(StrEnum):
    """What a call must prove."""

    NONE = "NONE"
    KEY = "KEY"
    """A key, but no signature."""
    USER_DATA = "USER_DATA"
    TRADE = "TRADE"


@dataclass(slots=True)
class Call:
    """A call as its handler sees it; `account` is there for signed calls."""

    venue: BinanceVenue
    parameters: Parameters
    now_ns: int
    account: Account | None = None
    key: ApiKey | None = None

    @property
    def owner(self) -> Account:
        """The account that signed."""
        assert self.account is not None
        return self.account

    def symbol(self) -> str:
        """The symbol that must be there and be listed."""
        return self.listed(self.parameters.required("symbol"))

    def listed(self, symbol: str) -> str:
        """A symbol that must be listed."""
        if symbol not in self.venue.exchange.books or symbol in self.venue.delisted:
            raise ApiError(-1121)
        return symbol


Handler = Callable[[Call], Any]
Weight = int | Callable[[Parameters], int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A call of the API: its REST name, its WebSocket method, its weight, its handler."""

    rest: str
    method: str
    weight: Weight
    security: Security
    handler: Handler
    orders: int = 0
    """How many it counts towards the limits of orders."""

    def weight_of(self, parameters: Parameters) -> int:
        """What it costs."""
        return self.weight if isinstance(self.weight, int) else self.weight(parameters)

    @property
    def changes_orders(self) -> bool:
        """True where it may change orders."""
        return self.security is Security.TRADE
