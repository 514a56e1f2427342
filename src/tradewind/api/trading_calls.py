"""Calls about trading: orders, what there is, risk, strategies, venues."""

from __future__ import annotations

from typing import Any

from tradewind.api import system_answers as system
from tradewind.api import trading_answers as told
from tradewind.api.connection import Connection


class Orders:
    """Placing, amending, canceling, reading orders."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def place(
        self, instrument: str, side: str, quantity: str, *, key: str = "", **terms: Any
    ) -> told.OrderPlaced:
        """Place an order; `terms` are its other fields, like `limit_price` or `stop_loss`."""
        body = {"instrument": instrument, "side": side, "quantity": quantity, **terms}
        return self._ask.act("POST", "/api/v1/orders", told.OrderPlaced, body=body, key=key)

    def amend(self, order_id: str, *, key: str = "", **terms: str) -> told.Placed:
        """Ask for another `quantity`, `limit_price`, `stop_price`, `trail` or `trail_percent`."""
        path = "/api/v1/orders/{order_id}"
        return self._ask.act("PATCH", path, told.Placed, body=terms, key=key, order_id=order_id)

    def cancel(self, order_id: str) -> told.Placed:
        """Ask for a cancel."""
        path = "/api/v1/orders/{order_id}"
        return self._ask.send("DELETE", path, told.Placed, order_id=order_id)

    def cancel_all(self, instrument: str = "", strategy: str = "") -> told.CanceledAll:
        """Ask for the cancel of all, or of those of an instrument, a strategy, or both."""
        query = {"instrument": instrument, "strategy": strategy}
        return self._ask.send("DELETE", "/api/v1/orders", told.CanceledAll, query=query)

    def page(self, *, limit: int = 100, before: int = 0) -> told.OrdersPage:
        """Orders, newest change first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/orders", told.OrdersPage, query=query)

    def open(self) -> told.OpenOrders:
        """Orders that still work, straight from the engine."""
        return self._ask.get("/api/v1/orders/open", told.OpenOrders)

    def one(self, order_id: str) -> told.OrderHistory:
        """An order with its fills and denials."""
        return self._ask.get("/api/v1/orders/{order_id}", told.OrderHistory, order_id=order_id)

    def events(self, order_id: str) -> told.OrderEvents:
        """Every record of the journal that names an order."""
        path = "/api/v1/orders/{order_id}/events"
        return self._ask.get(path, told.OrderEvents, order_id=order_id)


class Trading:
    """What there is: status, positions, accounts, fills."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def status(self) -> system.Status:
        """Everything at a glance."""
        return self._ask.get("/api/v1/status", system.Status)

    def positions(self) -> told.Positions:
        """Positions that are not flat."""
        return self._ask.get("/api/v1/positions", told.Positions)

    def accounts(self) -> told.Accounts:
        """Accounts in their own currency."""
        return self._ask.get("/api/v1/accounts", told.Accounts)

    def equity(self, account: str, *, limit: int = 100, before: int = 0) -> told.EquityPage:
        """What an account was worth, newest first."""
        path = "/api/v1/accounts/{account}/equity"
        query = {"limit": limit, "before": before}
        return self._ask.get(path, told.EquityPage, query=query, account=account)

    def fills(self, *, limit: int = 100, before: int = 0) -> told.FillsPage:
        """Executions, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/fills", told.FillsPage, query=query)


class Risk:
    """Limits, exposure, decisions, halts."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def limits(self) -> told.LimitsShown:
        """The limits of every scope."""
        return self._ask.get("/api/v1/risk/limits", told.LimitsShown)

    def change_limits(
        self, scope: str, changes: dict[str, Any], *, key: str = ""
    ) -> told.LimitsChanged:
        """Set the limits named, take away those that are None."""
        body = {"scope": scope, "changes": changes}
        path = "/api/v1/risk/limits"
        return self._ask.act("PATCH", path, told.LimitsChanged, body=body, key=key)

    def rules(self) -> told.RiskRules:
        """Levels of the risk monitor, stress scenarios, terms of accounts."""
        return self._ask.get("/api/v1/risk/rules", told.RiskRules)

    def change_rule(
        self, kind: str, name: str, changes: dict[str, Any] | None, *, key: str = ""
    ) -> told.RiskRuleChanged:
        """Change the `levels` of a measure, one of the `scenarios`, the `terms` of an account.

        Or approve the `code` of a strategy.
        """
        body = {"kind": kind, "name": name, "changes": changes}
        return self._ask.act(
            "PATCH", "/api/v1/risk/rules", told.RiskRuleChanged, body=body, key=key
        )

    def exposure(self) -> told.Exposures:
        """Exposure of each account."""
        return self._ask.get("/api/v1/risk/exposure", told.Exposures)

    def decision(self, order_id: str) -> told.Decision:
        """What risk said to an order."""
        path = "/api/v1/risk/decisions/{order_id}"
        return self._ask.get(path, told.Decision, order_id=order_id)

    def denials(self, *, limit: int = 100, before: int = 0) -> told.DenialsPage:
        """Orders that risk refused, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/risk/denials", told.DenialsPage, query=query)

    def halts(self, *, limit: int = 100, before: int = 0) -> told.HaltsPage:
        """Halts, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/risk/halts", told.HaltsPage, query=query)

    def halt(self, reason: str, scope: str = "all", *, key: str = "") -> told.Scoped:
        """No new orders in a scope, and cancel those that work."""
        body = {"reason": reason, "scope": scope}
        return self._ask.act("POST", "/api/v1/risk/halt", told.Scoped, body=body, key=key)

    def resume(
        self, confirm: str, code: str = "", scope: str = "all", *, key: str = ""
    ) -> told.Scoped:
        """Lift a halt: `confirm` is RESUME, `code` that of the second factor."""
        body = {"confirm": confirm, "code": code, "scope": scope}
        return self._ask.act("POST", "/api/v1/risk/resume", told.Scoped, body=body, key=key)


class Strategies:
    """Strategies of the run and of the library."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def all(self) -> told.Strategies:
        """Strategies of the run, the stopped ones too."""
        return self._ask.get("/api/v1/strategies", told.Strategies)

    def classes(self) -> told.StrategyClasses:
        """The library with the defaults of its parameters."""
        return self._ask.get("/api/v1/strategies/classes", told.StrategyClasses)

    def start(self, name: str, *, key: str = "", **parameters: str) -> told.StrategyAsked:
        """Start one that does not run, with parameters over those of its plan."""
        path = "/api/v1/strategies/{name}/start"
        body = {"parameters": parameters}
        return self._ask.act("POST", path, told.StrategyAsked, body=body, key=key, name=name)

    def stop(self, name: str, *, key: str = "") -> told.StrategyAsked:
        """Stop one that runs."""
        path = "/api/v1/strategies/{name}/stop"
        return self._ask.act("POST", path, told.StrategyAsked, key=key, name=name)


class Venues:
    """How venues stand, and reconciling."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def all(self) -> told.Venues:
        """How each venue stands."""
        return self._ask.get("/api/v1/venues", told.Venues)

    def differences(self) -> told.Differences:
        """Where we and the venues disagree."""
        return self._ask.get("/api/v1/venues/differences", told.Differences)

    def reconcile(self, name: str, *, accept: str = "no", key: str = "") -> told.Reconciled:
        """Compare now; with accept="yes" the venue's word is taken where the rule is to halt."""
        path = "/api/v1/venues/{name}/reconcile"
        body = {"accept": accept == "yes"}
        return self._ask.act("POST", path, told.Reconciled, body=body, key=key, name=name)
