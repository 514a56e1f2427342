"""What scenarios give about orders that the core works with children."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.parent_terms import AlgorithmTerms, algorithm_intent_of
from tradewind.model.errors import UserError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderFlag, Side
from tradewind.testing.scenario_world import Words, World

SECOND_NS = 10**9


def _work(world: World, words: Words) -> None:
    """`work twap buy 100 seconds 40 slices 4 limit 101 at_end cross`, or any term by its name."""
    algorithm, side, quantity, *rest = words
    terms: dict[str, Any] = dict(zip(rest[::2], rest[1::2], strict=True))
    market = world.market(terms.pop("in", ""))
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


def parent_fact(world: World, words: Words) -> str:
    """`#1 30 filled 10 working of 100`, or `#1 no more`."""
    parent = world.state.parents.get(world.order(words)[0])
    if parent is None:
        return f"{words[0]} no more"
    working = sum(world.state.orders[one].reserved for one in parent.working)
    return f"{words[0]} {parent.filled_quantity} filled {working} working of {parent.quantity}"


PARENTS_GIVEN: dict[str, Callable[[World, Words], None]] = {"work": _work}
