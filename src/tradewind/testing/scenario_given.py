"""What the `>` lines of a scenario give to the engine, one function a word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.exposure import RATE_DIGITS
from tradewind.core.held_terms import PERCENT_DIGITS, HeldTerms, intent_of
from tradewind.core.market import Market
from tradewind.core.snapshot import decode_state, encode_state
from tradewind.model import messages as m
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.limits import Limits
from tradewind.model.market import quote_of, trade_of
from tradewind.model.numbers import money_of, parse_units
from tradewind.model.orders import (
    WEIGHT_DIGITS,
    Leg,
    Liquidity,
    OrderFlag,
    OrderType,
    Side,
    Sizing,
    TargetKind,
    TimeInForce,
)
from tradewind.testing.scenario_accounts import ACCOUNTS_GIVEN
from tradewind.testing.scenario_parents import PARENTS_GIVEN
from tradewind.testing.scenario_world import Words, World

NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
SIZE = 10
"""Size on each side of a quote, and of a trade, in quantity."""


def _instrument(world: World, words: Words) -> None:
    terms = _pairs(words[1:])
    for name in ("multiplier", "version", "price_digits", "quantity_digits"):
        if name in terms:
            terms[name] = int(terms[name])  # type: ignore[assignment]
    fields: dict[str, Any] = {"tick": "0.01", "lot": "1", **terms}
    world.give(m.InstrumentListed(world.time_ns, Instrument(words[0], **fields)))


def _account(world: World, words: Words) -> None:
    name, currency, amount, *mode = words
    world.give(m.AccountOpened(world.time_ns, name, currency, mode == ["hedging"]))
    if name in world.state.account_numbers and amount != "0":
        world.deposit(name, currency, amount)


def _strategy(world: World, words: Words) -> None:
    account = words[1] if len(words) > 1 else world.account()
    world.give(m.StrategyRegistered(world.time_ns, words[0], account, "", {}))


def _deposit(world: World, words: Words) -> None:
    world.deposit(words[0], words[1], words[2])


def _limits(world: World, words: Words) -> None:
    kind, _, name = words[0].partition(":")
    if kind == "strategy":
        world.strategy(name)
    elif name == "main":
        world.account()
    fields: dict[str, Any] = {}
    for word in words[1:]:
        key, _, value = word.partition("=")
        fields[key] = _LIMIT_KINDS.get(key, str)(value)
    world.give(m.LimitsChanged(world.time_ns, words[0], Limits(**fields), "test"))


def _instrument_ids(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


_LIMIT_KINDS: dict[str, Callable[[str], Any]] = {
    "stale_price_ns": int,
    "duplicate_ns": int,
    "orders_per_second": int,
    "open_orders": int,
    "allowed_instruments": _instrument_ids,
    "restricted_instruments": _instrument_ids,
    "short_sale": "true".__eq__,
    "self_trade": "true".__eq__,
    "located": lambda text: dict(pair.split(":") for pair in text.split(",") if pair),
    "fills": int,
    "fills_ns": int,
    "messages_per_fill": int,
    "rejects_per_minute": int,
}


def _rate(world: World, words: Words) -> None:
    currency, into, rate = words
    world.give(m.RateChanged(world.time_ns, currency, into, parse_units(rate, RATE_DIGITS)))


def _quote(world: World, words: Words) -> None:
    market = world.market(words[0])
    bid, ask = world.price(market, words[1]), world.price(market, words[2])
    size = SIZE * int(10**market.instrument.quantity_digits)
    world.give(quote_of(market.instrument, world.time_ns, bid, size, ask, size))


def _trade(world: World, words: Words) -> None:
    market = world.market(words[0])
    price = world.price(market, words[1])
    size = world.units(market, words[2] if words[2:] else str(SIZE))
    world.give(trade_of(market.instrument, world.time_ns, price, size, 0))


def _wait(world: World, words: Words) -> None:
    unit = words[0].lstrip("0123456789")
    world.time_ns += int(words[0][: len(words[0]) - len(unit)]) * NS[unit]
    world.give(m.ClockTicked(world.time_ns))


def _at(world: World, words: Words) -> None:
    """`> at 2024-11-29T13:00:00-05:00`, and nanoseconds behind it: `> at ... 1`."""
    seconds = int(datetime.fromisoformat(words[0]).timestamp())
    world.time_ns = seconds * NS["s"] + int((words[1:] or ["0"])[0])
    world.give(m.ClockTicked(world.time_ns))


def _intent(world: World, words: Words) -> None:
    side, quantity, *rest = words
    terms = _pairs(rest)
    name = terms.get("in", "")
    market = world.market() if name.startswith("?") else world.market(name)
    strategy = world.strategy(terms.get("by", "manual"))
    limit, stop = terms.get("@", ""), terms.get("stop", "")
    world.order_ids.append(_id_for(world, strategy, terms))
    world.give(
        m.OrderIntended(
            world.time_ns,
            world.order_ids[-1],
            strategy,
            name.lstrip("?") if name.startswith("?") else market.id,
            Side[side.upper()],
            world.units(market, quantity),
            OrderType[terms["type"].upper()] if "type" in terms else _type_of(limit, stop),
            world.price(market, limit) if limit else 0,
            world.price(market, stop) if stop else 0,
            TimeInForce[terms.get("for", "gtc").upper()],
            OrderFlag[terms.get("flag", "none").upper()],
            0,
            Leg[terms.get("leg", "net").upper()],
        )
    )


def _hold(world: World, words: Words) -> None:
    """`> hold sell 10 stop 95 after #1 oco exits`; or `touch`, `trail`, `percent` for the stop."""
    side, quantity, *rest = words
    terms = _pairs(rest)
    market = world.market(terms.get("in", ""))
    strategy = world.strategy(terms.get("by", "manual"))
    parent = world.order([terms["after"]])[0] if "after" in terms else ""
    held = HeldTerms(
        Side[side.upper()],
        quantity,
        limit=terms.get("@"),
        stop=terms.get("stop"),
        touch=terms.get("touch"),
        trail=terms.get("trail"),
        trail_percent=terms.get("percent"),
        after=parent,
        oco=terms.get("oco", ""),
        time_in_force=TimeInForce[terms.get("for", "gtc").upper()],
        expire_time_ns=world.time_ns + int(terms.get("until", "0")) * NS["s"],
        leg=Leg[terms.get("leg", "net").upper()],
    )
    world.order_ids.append(_id_for(world, strategy, terms))
    identifier = world.order_ids[-1]
    world.give(intent_of(held, world.time_ns, identifier, strategy, market.instrument))


def _cancel_all(world: World, words: Words) -> None:
    terms = _pairs(words)
    owner, name = terms.get("of", ""), terms.get("in", "")
    instrument = world.market(name).id if name else ""
    strategy = terms.get("by", PERSON)
    world.give(m.CancelAllIntended(world.time_ns, strategy, owner, instrument))


def _target(world: World, words: Words) -> None:
    kind, value, *rest = words
    terms = _pairs(rest)
    market = world.market(terms.get("in", ""))
    strategy = world.strategy(terms.get("by", "manual"))
    is_weight = kind == "weight"
    world.order_ids.append(_id_for(world, strategy, terms))
    world.give(
        m.TargetIntended(
            world.time_ns,
            world.order_ids[-1],
            strategy,
            market.id,
            TargetKind.WEIGHT if is_weight else TargetKind.POSITION,
            parse_units(value, WEIGHT_DIGITS) if is_weight else world.units(market, value),
            Sizing[terms.get("sized", "at_fill").upper()],
            Leg[terms.get("leg", "net").upper()],
        )
    )


def _id_for(world: World, strategy: str, terms: dict[str, str]) -> str:
    if "id" in terms:
        return world.order(["#" + terms["id"].lstrip("#")])[0]
    return f"j0-{strategy}-{len(world.order_ids) + 1}"


def _type_of(limit: str, stop: str) -> OrderType:
    if stop:
        return OrderType.STOP_LIMIT if limit else OrderType.STOP
    return OrderType.LIMIT if limit else OrderType.MARKET


def _cancel(world: World, words: Words) -> None:
    order_id, rest = world.order(words)
    strategy = _pairs(rest).get("by", "manual")
    world.give(m.CancelIntended(world.time_ns, strategy, order_id))


def _amend(world: World, words: Words) -> None:
    order_id, (quantity, *rest) = world.order(words)
    market = _market_of(world, order_id)
    terms = _pairs(rest)
    strategy, units = terms.get("by", "manual"), world.units(market, quantity)
    others = [world.price(market, terms.get(word, "0")) for word in ("@", "stop", "trail")]
    others.append(parse_units(terms.get("percent", "0"), PERCENT_DIGITS))
    world.give(m.AmendIntended(world.time_ns, strategy, order_id, units, *others))


def _accepted(world: World, words: Words) -> None:
    world.give(m.OrderAccepted(world.time_ns, world.order(words)[0], "v"))


def _filled(world: World, words: Words) -> None:
    order_id, (quantity, *rest) = world.order(words)
    market = _market_of(world, order_id)
    terms = _pairs(rest)
    world.fills += 1
    fee, currency = terms.get("fee", "0"), terms.get("in", market.currency)
    world.give(
        m.OrderFilled(
            world.time_ns,
            order_id,
            terms.get("fill", f"f{world.fills}"),
            world.price(market, terms["@"]),
            world.units(market, quantity),
            money_of(fee, currency_digits(currency)),
            currency,
            Liquidity.TAKER,
        )
    )


def _amended(world: World, words: Words) -> None:
    order_id, (quantity, *rest) = world.order(words)
    market = _market_of(world, order_id)
    terms = _pairs(rest)
    price, number = world.price(market, terms.get("@", "0")), int(terms.get("number", "0"))
    units, stop = world.units(market, quantity), world.price(market, terms.get("stop", "0"))
    world.give(m.OrderAmended(world.time_ns, order_id, units, price, number, stop))


def _restated(world: World, words: Words) -> None:
    order_id, (quantity, *rest) = world.order(words)
    market = _market_of(world, order_id)
    terms = _pairs(rest)
    price, amends = world.price(market, terms.get("@", "0")), int(terms.get("amends", "0"))
    units = world.units(market, quantity)
    world.give(m.OrderRestated(world.time_ns, order_id, "v", units, price, amends))


def _ended(
    kind: type[m.OrderCanceled | m.OrderExpired],
) -> Callable[[World, Words], None]:
    """`> canceled #1 at 3 by request` states what was filled, `> canceled #1 by request` not."""

    def give(world: World, words: Words) -> None:
        order_id, rest = world.order(words)
        stated = m.NOT_STATED
        if rest[:1] == ["at"]:
            stated = world.units(_market_of(world, order_id), rest[1])
            rest = rest[2:]
        world.give(kind(world.time_ns, order_id, " ".join(rest), stated))

    return give


def _reported(kind: Callable[[int, str, str], Any]) -> Callable[[World, Words], None]:
    def give(world: World, words: Words) -> None:
        order_id, rest = world.order(words)
        world.give(kind(world.time_ns, order_id, " ".join(rest)))

    return give


def _timer(world: World, words: Words) -> None:
    name, after, *rest = words
    terms = _pairs(rest)
    every = int(terms.get("every", "0")) * NS["s"]
    due_ns = world.time_ns + int(after) * NS["s"]
    strategy = world.strategy(terms.get("by", "manual"))
    world.give(m.TimerSet(world.time_ns, strategy, name, due_ns, every))


def _stop(world: World, words: Words) -> None:
    world.give(m.StrategyStopped(world.time_ns, words[0], " ".join(words[1:])))


def _halt(world: World, words: Words) -> None:
    world.give(m.Halted(world.time_ns, words[0], " ".join(words[1:]), "test"))


def _resume(world: World, words: Words) -> None:
    world.give(m.Resumed(world.time_ns, words[0], "test"))


def _lost(world: World, words: Words) -> None:
    world.give(m.VenueLost(world.time_ns, words[0], " ".join(words[1:])))


def _recovered(world: World, words: Words) -> None:
    world.give(m.VenueRecovered(world.time_ns, words[0]))


def _paused(world: World, words: Words) -> None:
    world.give(m.InstrumentPaused(world.time_ns, world.market(words[0]).id, " ".join(words[1:])))


def _reopened(world: World, words: Words) -> None:
    world.give(m.InstrumentResumed(world.time_ns, world.market(words[0]).id))


def _restart(world: World, words: Words) -> None:
    """The state through its bytes, as a crash and a recovery would."""
    world.engine = Engine(decode_state(encode_state(world.state)))


GIVEN: dict[str, Callable[[World, Words], None]] = {
    "instrument": _instrument,
    "account": _account,
    "strategy": _strategy,
    "deposit": _deposit,
    "limits": _limits,
    "rate": _rate,
    "quote": _quote,
    "trade": _trade,
    "wait": _wait,
    "at": _at,
    "intent": _intent,
    "hold": _hold,
    "target": _target,
    "cancel": _cancel,
    "cancel_all": _cancel_all,
    "amend": _amend,
    "accepted": _accepted,
    "filled": _filled,
    "amended": _amended,
    "restated": _restated,
    "rejected": _reported(m.OrderRejected),
    "canceled": _ended(m.OrderCanceled),
    "expired": _ended(m.OrderExpired),
    "cancel_rejected": _reported(m.CancelRejected),
    "amend_rejected": _reported(m.AmendRejected),
    "unknown": _reported(m.OrderUnknown),
    "timer": _timer,
    "stop": _stop,
    "halt": _halt,
    "resume": _resume,
    "lost": _lost,
    "recovered": _recovered,
    "paused": _paused,
    "reopened": _reopened,
    "restart": _restart,
    **ACCOUNTS_GIVEN,
    **PARENTS_GIVEN,
}
"""First word of a `>` line, and what it gives."""


def _pairs(words: Words) -> dict[str, str]:
    if len(words) % 2:
        raise ValueError(f"{words[-1]!r} has nothing behind it")
    return dict(zip(words[::2], words[1::2], strict=True))


def _market_of(world: World, order_id: str) -> Market:
    order = world.state.orders.get(order_id)
    return world.market() if order is None else world.state.markets[order.instrument]
