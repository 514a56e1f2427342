"""Countdowns of futures accounts: a contract's orders are canceled where nobody renews one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.errors import ApiError

if TYPE_CHECKING:
    from tradewind.venue.exchange import Exchange

MILLISECOND_NS = 1_000_000


class Countdowns:
    """One countdown an account and contract; `run_out` cancels what nobody renewed in time."""

    def __init__(self) -> None:
        self._due_ns: dict[tuple[str, str], int] = {}

    def set(self, call: Call) -> dict[str, Any]:
        """POST countdownCancelAll: begin anew, or end with a time of 0.

        {"symbol": "BTCUSDT", "countdownTime": "100000"}
        """
        symbol = call.symbol()
        text = call.parameters.required("countdownTime")
        call.parameters.check_all_read()
        if not text.isdecimal():
            raise ApiError(-1130, "Data sent for parameter 'countdownTime' is not valid.")
        key = call.owner.name, symbol
        if int(text):
            self._due_ns[key] = call.now_ns + int(text) * MILLISECOND_NS
        else:
            self._due_ns.pop(key, None)
        return {"symbol": symbol, "countdownTime": text}

    def run_out(self, exchange: Exchange, now_ns: int) -> None:
        """Cancel the orders of each contract whose countdown is over."""
        for (account, symbol), due_ns in list(self._due_ns.items()):
            if due_ns > now_ns:
                continue
            del self._due_ns[account, symbol]
            exchange.log.note("countdown", now_ns, account=account, symbol=symbol)
            for order in exchange.open_of(account, symbol):
                exchange.cancel(order, now_ns)
