"""What a venue inside the loop reports is looked at before it is journaled: nothing absurd is."""

from __future__ import annotations

from typing import Any

from tradewind.core.account_checks import BALANCE_MAX
from tradewind.core.event_checks import TIME_MAX_NS, check
from tradewind.core.exposure import Holding
from tradewind.core.ledger import Wallet
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.reports import Acceptance, Execution
from tradewind.core.state import Account, State
from tradewind.model.errors import UserError
from tradewind.model.messages import VenueDiffered
from tradewind.model.numbers import UNITS_MAX, magnitude

# C numbers when compiled (report_checks.pxd)
_UNITS_MAX = UNITS_MAX
_TIME_MAX = TIME_MAX_NS
_SURELY_ROOM = BALANCE_MAX // 2
_SURELY_SMALL = float(BALANCE_MAX // 8)


def checked_report(state: State, report: Any) -> Any:
    """The report, or the `VenueDiffered` that stands for one that cannot be applied.

    Nearly every fill is surely small, and a few comparisons say so; all else is checked like what
    comes through `Engine.step`. The order stays as it is, and counted.
    """
    if type(report) is Acceptance:
        return report
    if type(report) is not Execution:
        return refused_report(state, report) or report
    order = state.order(report.order_id)
    if order is None or _is_surely_sane(state, order, report):
        return report
    return refused_report(state, report.message()) or report


def _is_surely_sane(state: State, order: Order, report: Execution) -> bool:
    market: Market = state.markets[order.instrument]
    account: Account = state.accounts[order.account]
    price, quantity = report.price, report.quantity
    if not (0 < price <= _UNITS_MAX and 0 < quantity <= _UNITS_MAX):
        return False
    if not 0 <= report.time_ns < _TIME_MAX or report.fee_currency != account.currency:
        return False
    wallet: Wallet = account.home
    if market.currency != account.currency:
        return False
    holding: Holding = state.holding(account.scope, market, account)
    held = magnitude(holding.position) + holding.open_buy + holding.open_sell + quantity
    held += holding.long + holding.short
    top = price if price > market.mark else market.mark
    return (
        top * (held * (market.money_factor / _SURELY_SMALL)) < 1
        and magnitude(report.fee) < _SURELY_ROOM
        and magnitude(wallet.cash) < _SURELY_ROOM
        and magnitude(wallet.inventory) < _SURELY_ROOM
        and magnitude(wallet.realized) < _SURELY_ROOM
        and magnitude(wallet.fees) < _SURELY_ROOM
    )


def refused_report(state: State, report: Any) -> VenueDiffered | None:
    """What stands for a report that cannot be applied, with the sentence that says why."""
    try:
        check(state, report)
    except UserError as error:
        order: Order | None = state.orders.get(report.order_id)
        venue = "" if order is None else state.markets[order.instrument].venue
        kind, told = type(report).__name__, repr(report)
        subject = report.order_id
        time_ns = state.time_ns
        return VenueDiffered(time_ns, venue, kind, subject, "", told, "refuse", str(error))
    return None
