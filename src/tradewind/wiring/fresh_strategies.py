"""Fresh strategies for a journal: made as the platform made them when it registered them."""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.messages import StrategyRegistered
from tradewind.model.orders import Sizing
from tradewind.runtime.redecide import Fresh
from tradewind.strategies.library import library_strategy
from tradewind.wiring.plans import PLANS, short_name


def fresh_strategy(registered: StrategyRegistered) -> Fresh | None:
    """The strategy of a registration with its journaled parameters; None for a person's orders.

    >>> registered = StrategyRegistered(0, "maker", "paper", "", {"quantity": "2"})
    >>> fresh = fresh_strategy(registered)
    >>> fresh.instruments, fresh.strategy.parameters()["quantity"]
    (['SOL/USDT.SIM'], '2')
    """
    if registered.strategy == PERSON:
        return None
    for name, (instrument_id, _parameters) in PLANS.items():
        if short_name(name) == registered.strategy:
            strategy = library_strategy(name)(**registered.parameters)
            return Fresh(strategy, [instrument_id], Sizing.AT_FILL, saved_name=name)
    raise UserError(
        f"the journal has a strategy {registered.strategy!r} that is not among {', '.join(PLANS)}: "
        "use the version of tradewind that wrote it"
    )
