"""The distance of a stop that trails, as an amendment changes it."""

from __future__ import annotations

from tradewind.core.held_order import SHARE_ONE, HeldOrder
from tradewind.core.market import Market
from tradewind.core.risk import Breach
from tradewind.core.state import State
from tradewind.model.conditional_messages import Trigger
from tradewind.model.errors import UserError
from tradewind.model.messages import AmendIntended
from tradewind.model.numbers import format_plain

PERCENT_DIGITS = 7


def check_trail(trail: int, share: int) -> None:
    """Refuse with one sentence what is no distance.

    >>> check_trail(0, 10**9)
    Traceback (most recent call last):
    tradewind.model.errors.UserError: trail: a stop trails by less than 100 percent of the price
    """
    if trail < 0 or share < 0:
        raise UserError("trail: the distance of a stop that trails is above 0")
    if share >= SHARE_ONE:
        raise UserError("trail: a stop trails by less than 100 percent of the price")
    if trail and share:
        raise UserError("trail: give a distance in price or in percent, not both")


def trail_terms(event: AmendIntended) -> dict[str, int]:
    """The terms that another distance changes: one kind takes the place of the other."""
    if not event.trail and not event.trail_share:
        return {}
    return {"trail": event.trail, "trail_share": event.trail_share}


def trail_breach(state: State, held: HeldOrder, event: AmendIntended) -> Breach | None:
    """Why a held order takes no other distance."""
    if not trail_terms(event):
        return None
    if held.terms.trigger != Trigger.TRAIL or held.is_due:
        return untrailed_breach(event, state.markets[held.instrument])
    return None


def untrailed_breach(event: AmendIntended, market: Market) -> Breach:
    """What an order is denied that trails nothing, or no more."""
    text = f"{format_plain(event.trail_share, PERCENT_DIGITS)} %"
    if event.trail:
        text = format_plain(event.trail, market.instrument.price_digits)
    return ("amend_trail", text, "a stop that trails and was not reached yet")
