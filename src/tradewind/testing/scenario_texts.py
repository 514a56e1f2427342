"""How decisions and facts read in a scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.settlement import settled_cash
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_plain
from tradewind.model.orders import Leg, OrderState, Side
from tradewind.testing.scenario_parents import parent_fact, routed_text
from tradewind.testing.scenario_world import Words, World


def decision_text(world: World, decision: m.Decision | UserError) -> str:
    """What stands behind `<`; an event that was refused reads `refused` and why."""
    if isinstance(decision, UserError):
        return f"refused {decision}"
    return DECISIONS[type(decision)](world, decision)


def _submit_text(world: World, command: m.SubmitOrder) -> str:
    market = world.state.market(command.instrument)
    text = f"submit {Side(command.side).name.lower()} {_quantity(market, command.quantity)}"
    if command.limit_price:
        text += f" @ {_price(market, command.limit_price)}"
    if command.stop_price:
        text += f" stop {_price(market, command.stop_price)}"
    if command.leg:
        text += f" leg {Leg(command.leg).name.lower()}"
    if isinstance(command, m.SubmitIceberg):
        text += f" shows {_quantity(market, command.display)}"
    return text


def _amend_text(world: World, command: m.AmendOrder) -> str:
    market = world.state.market(command.instrument)
    terms = f"{_quantity(market, command.quantity)} @ {_price(market, command.limit_price)}"
    stop = f" stop {_price(market, command.stop_price)}" if command.stop_price else ""
    return f"amend {world.number_of(command.order_id)} {terms}{stop}"


DECISIONS: dict[type, Callable[[World, Any], str]] = {
    m.SubmitOrder: _submit_text,
    m.SubmitIceberg: _submit_text,
    m.AmendOrder: _amend_text,
    m.CancelOrder: lambda world, command: f"cancel {world.number_of(command.order_id)}",
    m.QueryOrder: lambda world, command: f"query {world.number_of(command.order_id)}",
    m.OrderHeld: lambda world, held: _numbered(world, f"held {held.order_id} {held.reason}"),
    m.HeldOrderEnded: lambda world, held: _numbered(world, f"ended {held.order_id} {held.reason}"),
    m.OrderRouted: routed_text,
    m.ChildSent: lambda world, sent: f"child of {world.number_of(sent.parent)} {sent.reason}",
    m.ParentEnded: lambda world, ended: (
        f"ended {world.number_of(ended.order_id)} {ended.filled_quantity} filled: {ended.reason}"
    ),
    m.OrderDenied: lambda _, denial: " ".join(
        f"denied {denial.rule} {denial.value} {denial.limit}".split()
    ),
}
"""Each kind of decision as the text behind `<`."""


def _order_fact(world: World, words: Words) -> str:
    order: Order = world.state.orders[world.order(words)[0]]
    market = world.state.markets[order.instrument]
    filled, quantity = (_quantity(market, n) for n in (order.filled_quantity, order.quantity))
    return f"{words[0]} {OrderState(order.state).name.lower()} {filled} of {quantity}"


def _position_fact(world: World, words: Words) -> str:
    market = world.market(words[0])
    leg = Leg[words[1].upper()] if words[1].isalpha() and words[1] != "cost" else Leg.NET
    position = world.state.strategy("manual").position(market.index, leg)
    money = market.instrument.money_digits
    named = f"{words[0]} {leg.name.lower()}" if leg else words[0]
    cost, realized = format_plain(position.cost, money), format_plain(position.realized, money)
    return f"{named} {_quantity(market, position.quantity)} cost {cost} realized {realized}"


def _open_fact(world: World, words: Words) -> str:
    market = world.market(words[0])
    holding = world.state.firm.holding(market, None)
    buy, sell = _quantity(market, holding.open_buy), _quantity(market, holding.open_sell)
    return f"{words[0]} buy {buy} sell {sell}"


def _cash_fact(world: World, words: Words) -> str:
    wallet = world.state.account("main").wallets[words[0]]
    return f"{words[0]} {format_plain(wallet.cash, currency_digits(words[0]))}"


def _settled_fact(world: World, words: Words) -> str:
    wallet = world.state.account("main").wallets[words[0]]
    settled = settled_cash(wallet, world.time_ns)
    return f"{words[0]} {format_plain(settled, currency_digits(words[0]))}"


def _other_fact(world: World, words: Words) -> str:
    kind, currency = words[0], words[1]
    credit = world.state.account("main").wallets[currency].others.get(kind, 0)
    return f"{kind} {currency} {format_plain(-credit, currency_digits(currency))}"


def _equity_fact(world: World, words: Words) -> str:
    account = world.state.account("main")
    return format_plain(world.state.equity(account), currency_digits(account.currency))


def _anomaly_fact(world: World, words: Words) -> str:
    return f"{words[0]} {world.state.anomalies.get(words[0], 0)}"


def _numbered(world: World, text: str) -> str:
    """A text with the ids of orders as `#n`."""
    words = (word.partition(":") for word in text.split())
    return " ".join(world.number_of(head) + colon + rest for head, colon, rest in words)


def _held_fact(world: World, words: Words) -> str:
    held = world.state.held.get(world.order(words)[0])
    if held is None:
        return f"{words[0]} no more"
    market = world.state.markets[held.instrument]
    text = f"{words[0]} {_quantity(market, held.quantity)}"
    return text + (f" at {_price(market, held.trigger_price)}" if held.trigger_price else "")


def _timers_fact(world: World, words: Words) -> str:
    return str(len(world.state.timers))


FACTS: dict[str, Callable[[World, Words], str]] = {
    "order": _order_fact,
    "position": _position_fact,
    "open": _open_fact,
    "cash": _cash_fact,
    "settled": _settled_fact,
    "other": _other_fact,
    "equity": _equity_fact,
    "anomaly": _anomaly_fact,
    "held": _held_fact,
    "timers": _timers_fact,
    "parent": parent_fact,
}
"""First word of a `=` line, and the text behind it as it is now."""


def _quantity(market: Market, units: int) -> str:
    return format_plain(units, market.instrument.quantity_digits)


def _price(market: Market, units: int) -> str:
    return format_plain(units, market.instrument.price_digits)
