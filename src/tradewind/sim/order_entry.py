"""Order entry: what the venue does with commands as they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.core.venue_model import NEVER_NS
from tradewind.model.orders import OrderFlag, OrderType, TimeInForce
from tradewind.sim.expiry import Expiry
from tradewind.sim.listing import Listing
from tradewind.sim.matching import Matching
from tradewind.sim.order import WorkingOrder, new_order
from tradewind.sim.reporting import Reporting

LIMIT = int(OrderType.LIMIT)
GTC = int(TimeInForce.GTC)
IOC = int(TimeInForce.IOC)
FOK = int(TimeInForce.FOK)
GTD = int(TimeInForce.GTD)
OPG = int(TimeInForce.OPG)
CLS = int(TimeInForce.CLS)
POST_ONLY = int(OrderFlag.POST_ONLY)


class OrderEntry:
    """Checks commands, answers them and hands orders to the matching of their instrument.

    `matchings` holds one for each listed instrument, by its number; it is shared with the venue.
    """

    __slots__ = ("expiry", "matchings", "reporting")

    def __init__(
        self,
        reporting: Reporting,
        matchings: list[Matching],
        session_closes_ns: Sequence[int],
    ) -> None:
        self.reporting = reporting
        self.matchings = matchings
        self.expiry = Expiry(reporting, session_closes_ns)

    def submit(
        self,
        time_ns: int,
        order_id: str,
        instrument: int,
        side: int,
        quantity: int,
        order_type: int,
        limit_price: int,
        stop_price: int,
        time_in_force: int,
        flags: int,
        expire_time_ns: int,
    ) -> None:
        """Accept and match a new order, or reject it."""
        reason = self.identity_refusal(order_id, instrument)
        if not reason:
            matching = self.matchings[instrument]
            reason = matching.listing.refusal(side, quantity, order_type, limit_price, stop_price)
            if not reason and (time_in_force != GTC or flags & POST_ONLY):
                reason = self.term_refusal(
                    time_ns, order_type, time_in_force, flags, expire_time_ns, matching.listing
                )
        if not reason:
            order = new_order(
                order_id, instrument, side, quantity, order_type,
                limit_price, stop_price, time_in_force, flags,
            )  # fmt: skip
            if order.post_only and matching.would_take(order):
                reason = "POST_ONLY: the order would take at once"
        if reason:
            self.reporting.reject(order_id, time_ns, reason)
            return
        self.reporting.accept(order, time_ns)
        if time_in_force != GTC:
            self.expiry.add(order, time_ns, time_in_force, expire_time_ns, matching.listing)
        if order.auction:
            order.auction_ns = auction_ns(matching.listing, order.auction, time_ns)
            matching.rest(order)
        else:
            matching.arrive(order, time_ns)

    def identity_refusal(self, order_id: str, instrument: int) -> str:
        """Why an id or an instrument is refused; empty where it is not."""
        known = self.reporting
        if (
            order_id in known.open_orders
            or order_id in known.finished
            or order_id in known.finished_before
        ):
            return "the order id was used before"
        if not 0 <= instrument < len(self.matchings):
            return f"instrument number {instrument} is not listed here"
        return ""

    def term_refusal(
        self,
        time_ns: int,
        order_type: int,
        time_in_force: int,
        flags: int,
        expire_time_ns: int,
        listing: Listing,
    ) -> str:
        """Why a time in force or a flag is refused; empty where it is not."""
        if not 1 <= time_in_force <= CLS:
            return f"time in force {time_in_force} is not known here"
        if time_in_force > GTD and order_type > LIMIT:
            return "only market and limit orders wait for an opening or a close"
        if time_in_force > GTD and auction_ns(listing, time_in_force, time_ns) == NEVER_NS:
            return "the instrument's calendar has no opening or close to wait for"
        if time_in_force == GTD and expire_time_ns <= time_ns:
            return "the expire time of the GTD order is over"
        if flags & POST_ONLY and (order_type != LIMIT or is_immediate(time_in_force)):
            return "POST_ONLY needs a limit order that may rest"
        return ""

    def cancel(self, time_ns: int, order_id: str) -> None:
        """Cancel an open order, or say why it cannot be."""
        order = self.reporting.open_orders.get(order_id)
        if order is None:
            self.reporting.reject_cancel(order_id, time_ns)
            return
        self.matchings[order.instrument].remove(order)
        self.reporting.cancel(order, time_ns)

    def amend(
        self, time_ns: int, order_id: str, quantity: int, limit_price: int, number: int
    ) -> None:
        """Amend an open order, or say why it cannot be.

        Less quantity keeps the place in the queue; another price or more quantity loses it.
        """
        order = self.reporting.open_orders.get(order_id)
        if order is None:
            reason = self.reporting.why_not_open(order_id)
            self.reporting.reject_amend(order_id, time_ns, reason, number)
            return
        matching = self.matchings[order.instrument]
        price = limit_price or order.limit_price
        reason = amend_refusal(matching.listing, order, quantity, price)
        if reason:
            self.reporting.reject_amend(order_id, time_ns, reason, number)
        elif price == order.limit_price and quantity <= order.quantity:
            order.quantity = quantity
            self.reporting.amend(order, time_ns, number)
        else:
            self.replace(matching, order, time_ns, quantity, price, number)

    def replace(
        self,
        matching: Matching,
        order: WorkingOrder,
        time_ns: int,
        quantity: int,
        price: int,
        number: int,
    ) -> None:
        """Work the order with new terms, as if it came now."""
        matching.remove(order)
        former_price = order.limit_price
        order.limit_price = price
        if order.post_only and matching.would_take(order):
            order.limit_price = former_price
            matching.place(order)
            reason = "POST_ONLY: the order would take at once"
            self.reporting.reject_amend(order.order_id, time_ns, reason, number)
            return
        order.quantity = quantity
        self.reporting.amend(order, time_ns, number)
        matching.arrive(order, time_ns)

    def expire_before(self, time_ns: int) -> None:
        """Expire the orders whose time is before time_ns."""
        order = self.expiry.pop_before(time_ns)
        while order is not None:
            self.matchings[order.instrument].remove(order)
            self.reporting.expire(order, order.expire_time_ns, "the time in force is over")
            order = self.expiry.pop_before(time_ns)


def auction_ns(listing: Listing, word: int, time_ns: int) -> int:
    """The opening (OPG) or close (CLS) that an order of a time waits for; else `NEVER_NS`.

    The close of a session is over for what comes at that very time.
    """
    sessions = listing.sessions
    if sessions is None:
        return NEVER_NS
    found = sessions.open_at_or_behind(time_ns) if word == OPG else sessions.close_behind(time_ns)
    return NEVER_NS if found is None else int(found)


def amend_refusal(listing: Listing, order: WorkingOrder, quantity: int, price: int) -> str:
    """Why an amendment is refused; empty where it is not."""
    if listing.halted:
        return listing.halted
    if quantity <= order.filled_quantity:
        return f"the order has filled {order.filled_quantity} units: amend to more, or cancel"
    if price and not order.limit_price:
        return "the order has no limit price to amend"
    return (
        listing.quantity_refusal(quantity)
        or (price and listing.price_refusal("limit price", price))
        or listing.notional_refusal(quantity, price)
    ) or ""


def is_immediate(time_in_force: int) -> int:
    """1 where an order of this time in force never rests."""
    return 1 if time_in_force in (IOC, FOK) else 0
