"""The state as canonical bytes and back; the state hash is the SHA-256 of those bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from tradewind.core.exposure import Holding, Scope
from tradewind.core.held_order import held_from
from tradewind.core.instrument_limits import instrument_scope
from tradewind.core.ledger import wallet_from
from tradewind.core.margin import AccountMargin
from tradewind.core.market import Market
from tradewind.core.order_messages import target_intended
from tradewind.core.orders import order_from
from tradewind.core.parent_order import parent_from
from tradewind.core.positions import position_from
from tradewind.core.route import route_from
from tradewind.core.state import Account, State, StrategyBook
from tradewind.core.target import Target
from tradewind.core.targets import target_of
from tradewind.model.account_terms import AccountTerms
from tradewind.model.algorithm_messages import AlgorithmIntended
from tradewind.model.conditional_messages import ConditionalIntended
from tradewind.model.errors import BadMessage
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.messages import RouteSet, TargetIntended

SNAPSHOT_FORMAT = 8

_encoder = msgspec.msgpack.Encoder(order="deterministic")


def encode_state(state: State) -> bytes:
    """Canonical MessagePack of the whole state.

    >>> decode_state(encode_state(State())).sequence
    0
    """
    state.revalue()
    return _encoder.encode(
        [
            SNAPSHOT_FORMAT,
            [state.journal_id, state.epoch, state.sequence, state.time_ns, state.marking],
            [_market(market) for market in state.markets],
            [_account(account) for account in state.accounts],
            [_book(book) for book in state.strategies],
            state.firm.snapshot(),
            [order.snapshot() for order in state.orders.values()],
            [list(state.open_orders), [order.order_id for order in state.done]],
            [[list(key), _target(state, target)] for key, target in state.targets.items()],
            sorted(state.timers),
            [[*key, rate] for key, rate in sorted(state.rates.items())],
            [[scope, *why] for scope, why in sorted(state.halts.items())],
            sorted(state.lost_venues.items()),
            sorted(state.anomalies.items()),
            [[name, scope.snapshot()] for name, scope in sorted(state.venues.items())],
            [[name, number] for name, number in _former_names(state)],
            [held.snapshot() for held in state.held.values()],
            [[group, fills] for group, fills in sorted(state.groups.items())],
            [parent.snapshot() for parent in state.parents.values()],
            [route.snapshot() for _, route in sorted(state.routes.items())],
            sorted(state.lacking.items()),
            [[name, scope.limits] for name, scope in sorted(state.instrument_scopes.items())],
            sorted(state.amending.items()),
            *([sorted(state.icebergs)] if state.icebergs else []),
        ]
    )


def state_hash(state: State) -> str:
    """SHA-256 of the canonical bytes, in hex.

    >>> state_hash(State()) == state_hash(State())
    True
    """
    return hashlib.sha256(encode_state(state)).hexdigest()


def decode_state(data: bytes) -> State:
    """The state of the bytes; `BadMessage` where they are of another format."""
    parts = msgspec.msgpack.decode(data)
    if not isinstance(parts, list) or parts[0] != SNAPSHOT_FORMAT:
        raise BadMessage("the snapshot was written by a version of tradewind with another format")
    state = State()
    state.journal_id, state.epoch, state.sequence, state.time_ns, state.marking = parts[1]
    state.rates = {(currency, into): rate for currency, into, rate in parts[10]}
    _restore_markets(state, parts[2])
    _restore_accounts(state, parts[3])
    _restore_books(state, parts[4])
    _restore_scope(state, state.firm, parts[5], None)
    _restore_orders(state, parts[6], parts[7])
    for key, intent in parts[8]:
        message = msgspec.convert(intent, TargetIntended)
        state.targets[key[0], key[1], key[2]] = target_of(message, key[0], key[1])
        state.markets[key[1]].target_count += 1
    state.timers = [(due, strategy, name, every) for due, strategy, name, every in parts[9]]
    state.halts = {scope: (reason, by) for scope, reason, by in parts[11]}
    state.lost_venues = dict(parts[12])
    state.anomalies = dict(parts[13])
    for name, stored in parts[14]:
        _restore_scope(state, state.venue(name), stored, None)
    state.market_numbers.update(dict(parts[15]))
    for stored in parts[16]:
        terms = msgspec.convert(stored[0], ConditionalIntended)
        book, market = state.strategy(terms.strategy), state.market(terms.instrument)
        state.held[terms.order_id] = held_from(terms, book.index, market.index, market.tick, stored)
        market.held_count += 1
    for stored in parts[18]:
        wanted = msgspec.convert(stored[0], AlgorithmIntended)
        book, market = state.strategy(wanted.strategy), state.market(wanted.instrument)
        parent = parent_from(wanted, book.index, market.index, stored)
        state.parents[wanted.order_id] = parent
        for place in parent.places:
            state.markets[place].held_count += 1
    state.lacking = {venue: tuple(lacks) for venue, lacks in parts[20]}
    state.amending = {venue: tuple(amends) for venue, amends in parts[22]}
    state.icebergs = {venue for venues in parts[23:] for venue in venues}
    for stored in parts[19]:
        route = route_from(msgspec.convert(stored[0], RouteSet), stored)
        state.routes[route.terms.route] = route
    for name, limits in parts[21]:
        instrument_scope(state, name).set_limits(msgspec.convert(limits, Limits))
    state.groups = {group: dict(fills) for group, fills in parts[17]}
    return state


def _former_names(state: State) -> list[tuple[str, int]]:
    """Ids that instruments had before they were renamed."""
    numbers = state.market_numbers.items()
    return sorted((name, number) for name, number in numbers if state.markets[number].id != name)


def _target(state: State, target: Target) -> TargetIntended:
    strategy, market = state.strategies[target.strategy], state.markets[target.instrument]
    return target_intended(target, strategy.name, market.id)


def _market(market: Market) -> list[object]:
    prices = [market.mark, market.last, market.bid, market.ask, market.mark_time_ns]
    return [market.instrument, prices, market.book.snapshot()]


def _account(account: Account) -> list[object]:
    wallets = [wallet.snapshot() for _, wallet in sorted(account.wallets.items())]
    names = [account.name, account.currency, account.is_hedging]
    terms = None if account.margin is None else account.margin.terms
    stored = [names, wallets, account.scope.snapshot(), terms]
    if account.venue_cash:
        stored.append([[venue, cash] for venue, cash in account.venue_cash.items()])
    return stored


def _book(book: StrategyBook) -> list[object]:
    names = [book.name, book.account.name, book.intents, book.is_stopped, book.stop_reason]
    positions = [[key, position.snapshot()] for key, position in sorted(book.positions.items())]
    return [names, book.code, book.parameters, positions, book.scope.snapshot()]


def _restore_markets(state: State, markets: list[Any]) -> None:
    for instrument, prices, book in markets:
        market = state.list_instrument(msgspec.convert(instrument, Instrument))
        market.mark, market.last, market.bid, market.ask, market.mark_time_ns = prices
        market.book.restore(book)


def _restore_accounts(state: State, accounts: list[Any]) -> None:
    for (name, currency, is_hedging), wallets, scope, terms, *elsewhere in accounts:
        account = state.open_account(name, currency, is_hedging)
        account.venue_cash = {venue: dict(cash) for venue, cash in (elsewhere or [[]])[0]}
        if terms is not None:
            account.margin = AccountMargin(msgspec.convert(terms, AccountTerms))
        for stored in wallets:
            wallet = wallet_from(stored)
            account.wallets[wallet.currency] = wallet
        account.home = account.wallets[currency]
        _restore_scope(state, account.scope, scope, account)


def _restore_books(state: State, books: list[Any]) -> None:
    for (name, account, intents, is_stopped, reason), code, parameters, positions, scope in books:
        book = state.register_strategy(name, account)
        book.intents = intents
        book.is_stopped = is_stopped
        book.stop_reason = reason
        book.code = code
        book.parameters = parameters
        for key, stored in positions:
            book.positions[key] = position_from(stored)
        _restore_scope(state, book.scope, scope, None)


def _restore_scope(state: State, scope: Scope, stored: list[Any], owner: Account | None) -> None:
    scope.currency = stored[1]
    scope.set_limits(msgspec.convert(stored[2], Limits))
    scope.restore(stored)
    for number, numbers in enumerate(stored[9]):
        if numbers is None:
            continue
        market = state.markets[number]
        wallet = None if owner is None else owner.wallet(market.currency)
        holding: Holding = scope.holding(market, wallet)
        state.set_rate(holding, scope)
        holding.restore(numbers)


def _restore_orders(state: State, orders: list[Any], lists: list[list[str]]) -> None:
    for stored in orders:
        order = order_from(stored)
        state.orders[order.order_id] = order
    for order_id in lists[0]:
        state.open_orders[order_id] = state.orders[order_id]
    for order_id in lists[1]:
        state.done.add(state.orders[order_id])
