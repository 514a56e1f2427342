"""What scenarios give about accounts: terms, postings, corporate actions, liquidations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms, InstrumentMargin
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import money_of
from tradewind.testing.scenario_world import Words, World


def _terms(world: World, words: Words) -> None:
    """`terms main kind=margin initial_margin=0.5 GOOG.SIM=0.3:0.2`, or `terms main none`."""
    account = world.account(words[0])
    if words[1:] == ["none"]:
        world.give(m.AccountTermsSet(world.time_ns, account, None, "test"))
        return
    fields: dict[str, Any] = {}
    margins: list[InstrumentMargin] = []
    for word in words[1:]:
        key, _, value = word.partition("=")
        if "." in key:
            margins.append(InstrumentMargin(key, *value.split(":")))
        elif key == "holidays":
            fields[key] = tuple(value.split(","))
        else:
            fields[key] = int(value) if key == "settlement_days" else value
    terms = AccountTerms(**fields, instruments=tuple(margins))
    world.give(m.AccountTermsSet(world.time_ns, account, terms, "test"))


def _posted(world: World, words: Words) -> None:
    """`posted funding USD -1.5`."""
    kind, currency, amount = words
    money = money_of(amount, currency_digits(currency))
    event = m.CashPosted(world.time_ns, world.account(), currency, money, kind)  # type: ignore[arg-type]
    world.give(event)


def _converted(world: World, words: Words) -> None:
    """`converted USD 110 EUR 100`."""
    sold, given, bought, taken = words
    world.give(
        m.CashConverted(
            world.time_ns,
            world.account(),
            sold,
            money_of(given, currency_digits(sold)),
            bought,
            money_of(taken, currency_digits(bought)),
        )
    )


def _dividend(world: World, words: Words) -> None:
    """`dividend GOOG 0.25`, in another currency `dividend GOOG 0.25 EUR`."""
    symbol, amount, *currency = words
    world.give(m.DividendPaid(world.time_ns, world.market(symbol).id, amount, *currency))


def _split(world: World, words: Words) -> None:
    """`split GOOG 3 2`, with a price in lieu of fractions `split GOOG 3 2 @ 66`."""
    market = world.market(words[0])
    price = world.price(market, words[4]) if len(words) > 3 else 0
    world.give(m.InstrumentSplit(world.time_ns, market.id, int(words[1]), int(words[2]), price))


def _renamed(world: World, words: Words) -> None:
    """`renamed FB META`."""
    market = world.market(words[0])
    instrument = msgspec.structs.replace(market.instrument, id=words[1] + ".SIM")
    world.give(m.InstrumentRenamed(world.time_ns, market.id, instrument))


def _delisted(world: World, words: Words) -> None:
    """`delisted GOOG @ 0.10`."""
    market = world.market(words[0])
    price = world.price(market, words[2])
    world.give(m.InstrumentDelisted(world.time_ns, market.id, price))


def _liquidated(world: World, words: Words) -> None:
    """`liquidated GOOG -5 @ 90 fee 1`."""
    market = world.market(words[0])
    terms = dict(zip(words[2::2], words[3::2], strict=True))
    fee = money_of(terms.get("fee", "0"), market.instrument.money_digits)
    quantity, price = world.units(market, words[1]), world.price(market, terms["@"])
    account = world.account()
    world.give(m.PositionLiquidated(world.time_ns, account, market.id, quantity, price, fee))


ACCOUNTS_GIVEN: dict[str, Callable[[World, Words], None]] = {
    "terms": _terms,
    "posted": _posted,
    "converted": _converted,
    "dividend": _dividend,
    "split": _split,
    "renamed": _renamed,
    "delisted": _delisted,
    "liquidated": _liquidated,
}
"""First word of a `>` line about an account, and what it gives."""
