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
    """The strategy of a registration, as journaled; None for a person's orders.

    Older journals do not tell the instruments: there it is that of the demo.

    >>> told = ("BTC/USDT.SIM",)
    >>> registered = StrategyRegistered(0, "maker", "paper", "", {"quantity": "2"}, told)
    >>> fresh = fresh_strategy(registered)
    >>> fresh.instruments, fresh.strategy.parameters()["quantity"]
    (['BTC/USDT.SIM'], '2')
    """
    if registered.strategy == PERSON:
        return None
    for name, (instrument_id, _parameters) in PLANS.items():
        if short_name(name) == registered.strategy:
            strategy = library_strategy(name)(**registered.parameters)
            instruments = list(registered.instruments) or [instrument_id]
            return Fresh(strategy, instruments, Sizing.AT_FILL, saved_name=name)
    raise UserError(
        f"the journal has a strategy {registered.strategy!r} that is not among {', '.join(PLANS)}: "
        "use the version of tradewind that wrote it"
    )
