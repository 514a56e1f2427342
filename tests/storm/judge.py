"""The judge of a storm: what must hold between our journal and the venue's own log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.adapters.local_venue import LocalVenue
from tests.storm.engine import ACCOUNT, LIMIT, StormEngine
from tests.storm.ground import Ground, Listed
from tradewind.core.reconcile import Scope, expected_balances, expected_positions
from tradewind.core.state import State
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.orders import OrderState
from tradewind.venue.margin import Position

OPEN = ("NEW", "PARTIALLY_FILLED", "PENDING_NEW")
DUST = Decimal("0.0000005")
"""What rounding the executions since the last reconciliation may leave."""
WANDERING = Decimal("1.1")
"""By how much prices may wander from where they began while a storm lasts."""

Log = list[dict[str, Any]]


def judge(ground: Ground, engine: StormEngine, venue: LocalVenue) -> Counter[str]:
    """Hold the invariants; counts of orders by what became of them."""
    state = engine.state()
    log = [entry for entry in venue.log() if _is_ours(entry, engine.journal_id)]
    received = _judge_once(log)
    _judge_orders(ground, state, log)
    _judge_positions(ground, state, log)
    _judge_money(ground, state, venue, log)
    _judge_limits(ground.listed.values(), log)
    counts = Counter(OrderState(order.state).name for order in state.orders.values())
    counts["wanted"], counts["received"] = len(state.orders), len(received)
    counts["busted"] = sum(entry["what"] == "busted" for entry in log)
    return counts


def _is_ours(entry: dict[str, Any], journal_id: str) -> bool:
    """Whether an entry tells of an order of ours; what was only asked for has no `filled`."""
    return "filled" in entry and str(entry.get("client_id", "")).startswith(journal_id + "-")


def _judge_once(log: Log) -> list[str]:
    """I2: no order reached the venue twice."""
    received = [entry["client_id"] for entry in log if entry["what"] == "received"]
    assert len(received) == len(set(received)), "I2: an order reached the venue twice"
    return received


def _judge_orders(ground: Ground, state: State, log: Log) -> None:
    """I1, I9, I10: every order is known on both sides, as far filled and as open."""
    last = {ground.name_of(entry["client_id"]): entry for entry in log}
    filled_there: dict[str, Decimal] = defaultdict(Decimal)
    for client_id, filled in {each["client_id"]: each["filled"] for each in log}.items():
        filled_there[ground.name_of(client_id)] += Decimal(filled)
    busted: dict[str, Decimal] = defaultdict(Decimal)
    for entry in log:
        if entry["what"] == "busted":
            busted[ground.name_of(entry["client_id"])] += Decimal(entry["fill"])
    for name, entry in last.items():
        order = state.orders.get(name)
        assert order is not None, f"I1: the venue has {name}, we do not"
        digits = state.markets[order.instrument].instrument.quantity_digits
        filled = Decimal(format_units(order.filled_quantity, digits))
        # one that was taken back before anybody told us of it was never filled here
        here = (filled, filled - busted[name])
        assert filled_there[name] in here, f"I3: {name}: {filled} here, {entry}"
        is_open = entry["status"] in OPEN
        assert order.is_open == is_open, f"{name} is {OrderState(order.state).name}, {entry}"
    for order in state.orders.values():
        assert order.state != OrderState.UNKNOWN, f"I10: {order.order_id} is UNKNOWN"
        assert order.filled_quantity <= order.quantity, f"I9: {order.order_id} overfilled"
        if order.order_id not in last:
            name = OrderState(order.state).name
            assert name in ("DENIED", "REJECTED"), f"{order.order_id} is {name}, not at the venue"


def _judge_positions(ground: Ground, state: State, log: Log) -> None:
    """I3: what we hold is what the venue's log comes to."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for entry in log:
        sign = 1 if entry["side"] == "BUY" else -1
        now, name = Decimal(entry["filled"]), entry["client_id"]
        held[entry["symbol"]] += sign * (now - filled[name])
        filled[name] = now
    ours = expected_positions(state, _scope(state))
    for instrument, listed in ground.listed.items():
        digits = state.market(instrument).instrument.quantity_digits
        here = sum(quantity for (name, _), quantity in ours.items() if name == instrument)
        there = held[listed.symbol]
        assert Decimal(format_units(here, digits)) == there, f"I3: {instrument} {here}, {there}"


def _judge_money(ground: Ground, state: State, venue: LocalVenue, log: Log) -> None:
    """I3: every balance is the venue's, which keeps more digits than our money has."""
    ours = expected_balances(state, _scope(state), has_positions=ground.has_positions)
    theirs = venue.operate("GET", "accounts")[venue.first["name"]]
    theirs = _without_positions(ground, state, theirs)
    costs = _contract_costs(state, log) if ground.has_positions else {}
    for currency in ours.keys() | theirs.keys():
        there = theirs.get(currency, {"free": "0", "locked": "0"})
        total = Decimal(there["free"]) + Decimal(there["locked"])
        here = Decimal(format_units(ours.get(currency, 0), currency_digits(currency)))
        here += costs.get(currency, Decimal(0))
        assert abs(here - total) <= DUST, f"I3: {currency} is {here} here and {total} there"


def _contract_costs(state: State, log: Log) -> dict[str, Decimal]:
    """What the venue's open contracts cost it, by its own arithmetic: not taken from the wallet."""
    held: dict[str, Position] = {}
    for entry in log:
        if entry["what"] in ("trade", "busted"):
            side = (1 if entry["side"] == "BUY" else -1) * (-1 if entry["what"] == "busted" else 1)
            position = held.setdefault(entry["symbol"], Position(entry["symbol"], "BOTH"))
            position.trade(side, Decimal(entry["fill"]), Decimal(entry["fill_price"]))
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for market in state.markets:
        instrument = market.instrument
        if instrument.kind == "perpetual":
            symbol = instrument.base + instrument.currency
            costs[instrument.currency] += held[symbol].cost if symbol in held else Decimal(0)
    return costs


def _without_positions(ground: Ground, state: State, theirs: dict[str, Any]) -> dict[str, Any]:
    """The money alone; where the venue's accounts show positions too, they are what we hold."""
    ours = expected_positions(state, _scope(state))
    symbols = {one.symbol: name for name, one in ground.listed.items() if one.symbol in theirs}
    for symbol, instrument in symbols.items():
        digits = state.market(instrument).instrument.quantity_digits
        here = sum(quantity for (name, _), quantity in ours.items() if name == instrument)
        there = Decimal(theirs[symbol]["free"])
        assert Decimal(format_units(here, digits)) == there, f"I3: {instrument} {here}, {there}"
    return {name: held for name, held in theirs.items() if name not in symbols}


def _scope(state: State) -> Scope:
    return Scope(state.markets[0].venue, ACCOUNT, state.journal_id, 0, 0)


def _judge_limits(listed: Iterable[Listed], log: Log) -> None:
    """I4: at every entry of the venue's log a position with all that works is within the limit."""
    most = {one.symbol: Decimal(LIMIT) * WANDERING / one.worth for one in listed}
    working: dict[str, dict[str, tuple[int, Decimal]]] = {symbol: {} for symbol in most}
    held: dict[str, Decimal] = {}
    filled: dict[str, Decimal] = {}
    for entry in log:
        symbol, name = entry["symbol"], entry["client_id"]
        sign = 1 if entry["side"] == "BUY" else -1
        now = Decimal(entry["filled"])
        held[symbol] = held.get(symbol, Decimal(0)) + sign * (now - filled.get(name, Decimal(0)))
        filled[name] = now
        open_orders = working[symbol]
        open_orders.pop(name, None)
        if entry["what"] != "received" and entry["status"] in OPEN:
            open_orders[name] = (sign, Decimal(entry["quantity"]) - now)
        bought = held[symbol] + sum(left for sign, left in open_orders.values() if sign > 0)
        sold = -held[symbol] + sum(left for sign, left in open_orders.values() if sign < 0)
        assert max(bought, sold) <= most[symbol], f"I4: {symbol} holds {bought} or {sold}"
