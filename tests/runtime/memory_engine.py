"""A small engine in memory that serves the control socket: orders that rest, halts that hold."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.messages import (
    AmendIntended,
    CancelAllIntended,
    CancelIntended,
    Halted,
    OrderIntended,
    Resumed,
)
from tradewind.runtime.broadcast import Broadcast, Subscription
from tradewind.runtime.control import ControlServer
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    ExposuresRequest,
    LimitsRequest,
    Performed,
    ReconcileRequest,
    RiskRulesRequest,
)
from tradewind.runtime.control_target import Submission
from tradewind.runtime.desk_actions import shown_limits
from tradewind.runtime.kept_choices import with_changes
from tradewind.runtime.market_board import MarketBoard
from tradewind.runtime.read_models import (
    DifferenceRow,
    Health,
    HeldStory,
    Listing,
    Metric,
    OrderRow,
    PositionRow,
    Status,
    Update,
)


class MemoryEngine:
    """Takes submissions, keeps every one, and answers from what it took."""

    def __init__(self) -> None:
        self.events: list[Submission] = []
        self.performed: list[Performed] = []
        self.broadcast = Broadcast(queue_length_max=4)
        self.bid = "59999.90"
        self.market = MarketBoard(lambda: [self.bid], lambda _: self.status()["market"][0])
        self.disk_is_full = False
        self.degraded: list[str] = []
        self.differing: list[DifferenceRow] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self._orders: dict[str, OrderRow] = {}
        self._halts: dict[str, Halted] = {}

    def status(self) -> Status:
        return {
            "version": "0.1.0",
            "mode": "paper",
            "sequence": len(self.events),
            "time_ns": 1_767_225_600_000_000_000,
            "uptime_s": 61,
            "market": [
                {
                    "instrument": "BTC/USDT.SIM",
                    "bid": self.bid,
                    "ask": "60000.10",
                    "last": "60000.10",
                    "age_ms": 40,
                }
            ],
            "orders": self.open_orders(),
            "positions": self.positions(),
            "accounts": [
                {
                    "account": "paper",
                    "currency": "USDT",
                    "equity": "100012.50",
                    "cash": "94012.49",
                    "realised": "0.00",
                    "unrealised": "12.50",
                    "exposure": "6000.01",
                }
            ],
            "strategies": [{"strategy": "cross", "account": "paper", "reason": ""}],
            "venues": [],
            "differences": self.differing,
            "halts": [
                {"scope": halt.scope, "reason": halt.reason, "by": halt.by}
                for halt in self._halts.values()
            ],
            "counts": {"events": len(self.events), "orders": len(self._orders)},
            "health": self.health(),
        }

    @property
    def sequence(self) -> int:
        return len(self.events)

    def orders(self) -> list[OrderRow]:
        return list(self._orders.values())[::-1]

    def open_orders(self) -> list[OrderRow]:
        return [order for order in self.orders() if order["state"] == "NEW"]

    def held_order(self, order_id: str) -> HeldStory | None:
        """It holds none."""
        return None

    def positions(self) -> list[PositionRow]:
        return [
            {
                "account": "paper",
                "instrument": "BTC/USDT.SIM",
                "leg": "NET",
                "quantity": "0.10",
                "average_price": "59875.10",
                "market_price": "60000.10",
                "unrealised": "12.50",
            }
        ]

    def instruments(self) -> Listing:
        bitcoin = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.001", currency="USDT")
        return Listing("j0", [bitcoin], {"person": "paper", "cross": "paper", "other": "other"})

    def health(self) -> Health:
        reasons = ["the disk is full: free some space"] if self.disk_is_full else []
        return {"ok": not reasons, "reasons": reasons, "degraded": self.degraded, "venues": []}

    def metrics(self) -> list[Metric]:
        return [
            Metric("messages_processed_total", "counter", "Events stepped.", len(self.events)),
            Metric("equity", "gauge", "Equity.", 100012.5, {"account": "paper"}),
            Metric("equity", "gauge", "Equity.", 5.0, {"account": "other"}),
            Metric(
                "order_latency_seconds",
                "histogram",
                "From decision to journal.",
                0.5,
                {},
                (("0.01", 3), ("+Inf", 4)),
            ),
        ]

    async def submit(self, event: Submission, *more: Submission) -> int:
        if self.disk_is_full:
            raise OutsideError("the disk is full: free some space", fault="ours", retry=True)
        match event:
            case Halted():
                self._halts[event.scope] = event
            case Resumed():
                self._halts.pop(event.scope, None)
            case OrderIntended():
                self._orders[event.order_id] = resting(event)
            case CancelIntended():
                self._cancel(event.order_id)
            case CancelAllIntended():
                for row in self.open_orders():
                    if event.instrument in ("", row["instrument"]):
                        self._cancel(row["order_id"])
            case AmendIntended():
                self._orders[event.order_id]["quantity"] = str(event.quantity)
        self.events += [event, *more]
        body: dict[str, object] = {"strategy": getattr(event, "strategy", "person")}
        self.broadcast.publish(Update("order", len(self.events), body))
        return len(self.events)

    def tell(self, name: str, body: dict[str, object]) -> None:
        """Publish an update from any thread."""
        assert self.loop is not None, "it is not served"
        update = Update(name, len(self.events) + 1, body)
        self.loop.call_soon_threadsafe(self.broadcast.publish, update)

    def quote(self, bid: str) -> None:
        """Another best price, from any thread."""
        assert self.loop is not None, "it is not served"
        self.bid = bid
        self.loop.call_soon_threadsafe(self.market.notice)

    async def perform(self, request: Performed) -> Any:
        """Keep what was asked, and answer as an engine does."""
        if self.disk_is_full:
            raise OutsideError("the disk is full: free some space", fault="ours", retry=True)
        self.performed.append(request)
        if isinstance(request, LimitsRequest):
            return {"sequence": 1, "limits": [{"scope": "account:paper", "limits": {}}]}
        if isinstance(request, ExposuresRequest):
            return {"sequence": 1, "accounts": [exposure("paper"), exposure("other")]}
        if isinstance(request, ChangeLimitsRequest):
            wanted = with_changes(Limits(), request.changes)
            return {"sequence": 2, "scope": request.scope, "limits": shown_limits(wanted)}
        if isinstance(request, RiskRulesRequest | ChangeRiskRuleRequest):
            return {
                "sequence": 2,
                "levels": {"drawdown": {"warn": "0.05"}},
                "scenarios": {"coins halve": {"BTC/USDT.SIM": "-0.5"}},
                "terms": {"paper": {"kind": "cash"}, "other": None},
                "code": {"cross": {"code": "9d1f0c", "is_new": True}},
            }
        if isinstance(request, ReconcileRequest):
            seen = [one.subject for one in request.seen]
            stands = [one for one in self.differing if one["subject"] in seen]
            rows = [{**one, "kind": "accepted_" + one["kind"]} for one in stands]
            return {"sequence": 2, "differences": rows}
        return {"sequence": 2}

    def subscribe(self) -> Subscription:
        return self.broadcast.subscribe()

    def _cancel(self, order_id: str) -> None:
        if order_id not in self._orders:
            raise UserError(f"there is no order {order_id}")
        self._orders[order_id]["state"] = "CANCELED"


def exposure(account: str) -> dict[str, Any]:
    """Return the exposure of an account."""
    return {
        "account": account,
        "currency": "USDT",
        "equity": "100012.50",
        "gross": "6000.01",
        "net": "6000.01",
        "leverage": "0.0600",
        "instruments": {"BTC/USDT.SIM": "6000.01"},
    }


def resting(event: OrderIntended) -> OrderRow:
    """Return the row of an order that waits in a book."""
    return {
        "order_id": event.order_id,
        "strategy": event.strategy,
        "instrument": event.instrument,
        "side": event.side.name,
        "type": event.type.name,
        "state": "NEW",
        "quantity": str(event.quantity),
        "filled_quantity": "0",
        "leaves_quantity": str(event.quantity),
        "limit_price": str(event.limit_price),
        "average_price": "",
        "time_ns": event.time_ns,
    }


@contextmanager
def running(home: Path, engine: MemoryEngine) -> Iterator[None]:
    """Serve from another thread, as an engine's process does."""
    loop = engine.loop = asyncio.new_event_loop()
    server = ControlServer(home, engine)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
