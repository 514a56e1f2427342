"""The ledger of a run over stored data, and of a stored journal."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.analysis.ledger import Entry, Ledger, OrderTerms
from tradewind.core.engine import Engine
from tradewind.core.orders import Order
from tradewind.core.snapshot import decode_state
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.ports.journal import JournalReader, numbered, width
from tradewind.runtime.recovery import oldest_snapshot, parts_of


def ledger_of_run(engine: Engine) -> Ledger:
    """The ledger of an engine that kept its fills; `number` of an entry counts movements."""
    ledger, state = Ledger(), engine.state
    _introduce(ledger, state)
    moves = [] if engine.tape is None else list(engine.tape.moves)
    fills = engine.fills or []
    number = 0
    for place in range(len(fills) + 1):
        while moves and moves[0][0] == place:
            number += 1
            ledger.take(number, moves.pop(0)[1])
        if place < len(fills):
            number += 1
            order = fills[place].order
            assert order is not None, "a fill that was kept without its order"
            # the state forgets orders a day after their end
            ledger.order(order.order_id, _terms_of(state, order))
            ledger.take(number, fills[place].message())
    return ledger


def ledger_of_journal(
    journal: JournalReader, until: int = 0, sink: Callable[[Entry], None] | None = None
) -> Ledger:
    """The ledger of a journal up to a sequence (0: to its end).

    Where the beginning was pruned it begins with what the oldest snapshot holds, as entries of
    kind `opening`.
    """
    ledger = Ledger(sink)
    start = 0
    if journal.first_sequence > 1:
        start = _open_from_snapshot(ledger, journal)
    if until and until < start:
        raise UserError(f"the journal begins behind {start}: name a sequence from there on")
    for group in journal.groups(start):
        for number, record in numbered(group):
            if number <= start:
                continue
            if until and number > until:
                return ledger
            ledger.take(number + width(record) - 1, record)
    return ledger


def ledger_differences(ledger: Ledger, state: State) -> list[str]:
    """Where a ledger's balances and positions are not those of a state; empty where they agree."""
    found: list[str] = []
    for account in state.accounts:
        for currency, wallet in account.wallets.items():
            balances = {
                "cash": wallet.cash,
                "positions": wallet.inventory,
                "fees": wallet.fees,
                "realized": wallet.realized,
                "capital": wallet.capital,
                **wallet.others,
            }
            for kind, money in balances.items():
                booked = ledger.balance(account.name, kind, currency)
                if booked != money:
                    found.append(f"{account.name} {kind} {currency}: {booked} and {money}")
    for book in state.strategies:
        for key, position in book.positions.items():
            number, leg = divmod(key, 3)
            name = state.markets[number].id
            booked_position = ledger.position((book.account.name, book.name, name, leg - 1))
            if booked_position.snapshot() != position.snapshot():
                found.append(f"position of {book.name} in {name}")
    return found


def _open_from_snapshot(ledger: Ledger, journal: JournalReader) -> int:
    saved = oldest_snapshot(journal)
    if saved is None:
        raise UserError("the journal was pruned and has no whole snapshot: restore a backup")
    state = decode_state(parts_of(saved).state)
    _introduce(ledger, state)
    ledger.sequence = state.sequence
    ledger.open_with(state)
    return state.sequence


def _introduce(ledger: Ledger, state: State) -> None:
    """Tell a ledger the instruments, accounts, strategies and orders of a state."""
    for market in state.markets:
        ledger.take(0, m.InstrumentListed(0, market.instrument))
    for name, number in state.market_numbers.items():
        ledger.markets[name] = ledger.markets[state.markets[number].id]
    for account in state.accounts:
        ledger.take(0, m.AccountOpened(0, account.name, account.currency))
    for book in state.strategies:
        ledger.take(0, m.StrategyRegistered(0, book.name, book.account.name, "", {}))
    for order in state.orders.values():
        ledger.order(order.order_id, _terms_of(state, order))


def _terms_of(state: State, order: Order) -> OrderTerms:
    return OrderTerms(
        state.accounts[order.account].name,
        state.strategies[order.strategy].name,
        state.markets[order.instrument].id,
        order.side,
        order.leg,
    )
