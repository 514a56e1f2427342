"""What scenarios give about orders that the core works with children."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.core.parent_terms import AlgorithmTerms, algorithm_intent_of
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.ids import order_id
from tradewind.model.numbers import format_plain
from tradewind.model.orders import OrderFlag, OrderType, Side
from tradewind.model.route_messages import route
from tradewind.testing.scenario_world import Words, World

SECOND_NS = 10**9


def _work(world: World, words: Words) -> None:
    """`work twap buy 100 seconds 40 slices 4 limit 101 at_end cross`, or any term by its name."""
    algorithm, side, quantity, *rest = words
    terms: dict[str, Any] = dict(zip(rest[::2], rest[1::2], strict=True))
    market = world.market(terms.pop("in", ""))
    if terms.get("route", "") in world.state.routes:
        first = world.state.routes[terms["route"]].terms.legs[0].instrument
        market = world.market(first)
    strategy = world.strategy(terms.pop("by", "manual"))
    if "start" in terms:
        terms["start_time_ns"] = world.time_ns + int(terms.pop("start")) * SECOND_NS
    if "slices" in terms:
        terms["slices"] = int(terms["slices"])
    if "curve" in terms:
        terms["curve"] = tuple(map(int, terms["curve"].split(",")))
    if "flag" in terms:
        terms["flags"] = OrderFlag[terms.pop("flag").upper()]
    world.order_ids.append(order_id("j0", strategy, world.state.strategy(strategy).intents + 1))
    wanted = AlgorithmTerms(algorithm, Side[side.upper()], quantity, **terms)
    identifier = world.order_ids[-1]
    try:
        intent = algorithm_intent_of(wanted, world.time_ns, identifier, strategy, market.instrument)
    except UserError as error:
        world.decided.append(error)
        return
    world.give(intent)


def _route(world: World, words: Words) -> None:
    """`route both GOOG.AAA:0.001:5 GOOG.BBB:0:80 miss_cost=0.001`: fee and milliseconds a leg."""
    name, *rest = words
    legs: list[tuple[str, str, float]] = []
    terms: dict[str, Any] = {}
    for word in rest:
        if "=" in word:
            key, _, value = word.partition("=")
            terms[key] = float(value) if key == "stale_s" else value
            continue
        instrument, fee, latency_ms = word.split(":")
        world.market(instrument)
        legs.append((instrument, fee, float(latency_ms)))
    wanted = route(name, *legs, **terms)
    world.give(msgspec.structs.replace(wanted, time_ns=world.time_ns))


def _lacks(world: World, words: Words) -> None:
    """`lacks SIM STOP STOP_LIMIT`."""
    types = tuple(OrderType[word] for word in words[1:])
    world.give(m.VenueDescribed(world.time_ns, words[0], types))


def _amends(world: World, words: Words) -> None:
    """`amends SIM STOP STOP_LIMIT`: the venue changes their stop prices itself."""
    types = tuple(OrderType[word] for word in words[1:])
    world.give(m.VenueDescribed(world.time_ns, words[0], amends=types))


def _icebergs(world: World, words: Words) -> None:
    """`icebergs SIM`: the venue shows a part of an order itself."""
    world.give(m.VenueDescribed(world.time_ns, words[0], has_icebergs=True))


def routed_text(world: World, routed: m.OrderRouted) -> str:
    """`route #1 30: GOOG.AAA 20 at 100 +1000000+0+0, GOOG.BBB 10 (no price)`."""
    market = world.state.market(routed.scores[0].instrument)
    texts = []
    for one in routed.scores:
        price = format_plain(one.price, market.instrument.price_digits)
        costs = f"+{one.fee}+{one.latency}+{one.history}"
        why = f" ({one.reason})" if one.reason else ""
        texts.append(f"{one.instrument} {one.quantity} at {price} {costs}{why}")
    return f"route {world.number_of(routed.order_id)} {routed.quantity}: {', '.join(texts)}"


def parent_fact(world: World, words: Words) -> str:
    """`#1 30 filled 10 working of 100`, or `#1 no more`."""
    parent = world.state.parents.get(world.order(words)[0])
    if parent is None:
        return f"{words[0]} no more"
    working = sum(world.state.orders[one].reserved for one in parent.working)
    return f"{words[0]} {parent.filled_quantity} filled {working} working of {parent.quantity}"


PARENTS_GIVEN: dict[str, Callable[[World, Words], None]] = {
    "work": _work,
    "route": _route,
    "lacks": _lacks,
    "amends": _amends,
    "icebergs": _icebergs,
}
