"""Binance's rate limits: weight by address, unfilled orders by account."""

from __future__ import annotations

from typing import Any, NamedTuple

from tradewind.venue.binance.errors import ApiError
from tradewind.venue.windows import Window

WEIGHT_INTERVAL_S = 60
REFUSALS_BEFORE_BAN = 20
"""Who goes on so often after a 429 is banned (418)."""
BAN_S = 120


class RateRules(NamedTuple):
    """Weight a minute by address; orders by account: (interval, its number, limit, seconds)."""

    weight: int = 6000
    orders: tuple[tuple[str, int, int, int], ...] = (
        ("SECOND", 10, 100, 10),
        ("DAY", 1, 200_000, 86_400),
    )

    def times(self, rates: int) -> RateRules:
        """The same rules for so many times as much.

        >>> RateRules(6000, (("SECOND", 10, 100, 10),)).times(3)
        RateRules(weight=18000, orders=(('SECOND', 10, 300, 10),))
        """
        orders = ((name, number, limit * rates, s) for name, number, limit, s in self.orders)
        return RateRules(self.weight * rates, tuple(orders))


class Limits:
    """What was used, by address and by account."""

    def __init__(self, rules: RateRules) -> None:
        self.rules = rules
        self._weights: dict[str, Window] = {}
        self._orders: dict[str, list[Window]] = {}
        self._refusals: dict[str, int] = {}
        self._banned_until_ns: dict[str, int] = {}

    def spend(self, address: str, weight: int, now_ns: int) -> None:
        """Count a call's weight; 429 beyond the limit, 418 for who does not listen."""
        banned_until_ns = self._banned_until_ns.get(address, 0)
        if now_ns < banned_until_ns:
            raise banned(banned_until_ns, now_ns)
        window = self._weights.setdefault(address, Window(self.rules.weight, WEIGHT_INTERVAL_S))
        if window.add(weight, now_ns):
            self._refusals.pop(address, None)
            return
        self._refusals[address] = self._refusals.get(address, 0) + 1
        if self._refusals[address] > REFUSALS_BEFORE_BAN:
            self._banned_until_ns[address] = now_ns + BAN_S * 1_000_000_000
            raise banned(self._banned_until_ns[address], now_ns)
        raise too_much_weight(self.rules.weight, window.left_s(now_ns))

    def used(self, address: str, now_ns: int) -> int:
        """The weight used in this minute."""
        window = self._weights.get(address)
        return 0 if window is None else window.used(now_ns)

    def headers(self, account: str, now_ns: int) -> dict[str, str]:
        """The counts of orders as headers: X-MBX-ORDER-COUNT-10S and the like."""
        return {
            f"X-MBX-ORDER-COUNT-{number}{name[0]}": str(window.used(now_ns))
            for (name, number, _, _), window in zip(
                self.rules.orders, self._windows(account), strict=True
            )
        }

    def count_orders(self, account: str, count: int, now_ns: int) -> None:
        """Count new orders; 429 with -1015 beyond a limit."""
        for (name, number, limit, seconds), window in zip(
            self.rules.orders, self._windows(account), strict=True
        ):
            if not window.add(count, now_ns):
                window.give_back(count, now_ns)
                raise ApiError(
                    -1015,
                    f"Too many new orders; current limit is {limit} orders per {number} {name}.",
                    status=429,
                    retry_s=min(float(seconds), window.left_s(now_ns)),
                )

    def filled(self, account: str, now_ns: int) -> None:
        """A fill takes an order off the counts: they are of unfilled orders."""
        for window in self._windows(account):
            window.give_back(1, now_ns)

    def order_rows(self, account: str, now_ns: int) -> list[dict[str, Any]]:
        """The counts of orders as the API shows them."""
        return [
            row | {"count": window.used(now_ns)}
            for row, window in zip(self._order_limit_rows(), self._windows(account), strict=True)
        ]

    def rule_rows(self) -> list[dict[str, Any]]:
        """The limits as exchangeInfo lists them."""
        weight = {"interval": "MINUTE", "intervalNum": 1, "limit": self.rules.weight}
        raw = {"interval": "MINUTE", "intervalNum": 5, "limit": 61_000}
        return [
            {"rateLimitType": "REQUEST_WEIGHT", **weight},
            *self._order_limit_rows(),
            {"rateLimitType": "RAW_REQUESTS", **raw},
        ]

    def _order_limit_rows(self) -> list[dict[str, Any]]:
        return [
            {"rateLimitType": "ORDERS", "interval": name, "intervalNum": number, "limit": limit}
            for name, number, limit, _ in self.rules.orders
        ]

    def _windows(self, account: str) -> list[Window]:
        if account not in self._orders:
            self._orders[account] = [Window(limit, s) for _, _, limit, s in self.rules.orders]
        return self._orders[account]


def too_much_weight(limit: int, retry_s: float) -> ApiError:
    """The answer beyond the limit of weight."""
    text = (
        f"Too much request weight used; current limit is {limit} request weight per "
        "1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return ApiError(-1003, text, status=429, retry_s=retry_s)


def banned(until_ns: int, now_ns: int) -> ApiError:
    """The answer to a banned address."""
    until_ms = until_ns // 1_000_000
    text = (
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use WebSocket Streams for live updates to avoid bans."
    )
    return ApiError(-1003, text, status=418, retry_s=(until_ns - now_ns) / 1e9)
