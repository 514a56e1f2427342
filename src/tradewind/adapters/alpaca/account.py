"""What Alpaca has of an account: orders, executions, cash, positions, what can be traded now."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradewind.adapters.alpaca.account_wire import (
    Account,
    Asset,
    Execution,
    MarketClock,
    Position,
)
from tradewind.adapters.alpaca.instruments import (
    CALENDAR,
    Listing,
    Listings,
    listing_of,
    symbol_of,
)
from tradewind.adapters.alpaca.order_wire import Order
from tradewind.adapters.alpaca.orders import (
    REPLACED_MARK,
    SIDE_OF,
    TYPE_OF,
    fill_id,
    order_id_of,
)
from tradewind.adapters.alpaca.rest import AlpacaRest, NotThere
from tradewind.adapters.net.budget import Urgency
from tradewind.adapters.net.clock_offset import ClockOffset
from tradewind.adapters.net.decimals import floor_units, money_units, nearest_units
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.query import encoded
from tradewind.adapters.net.rfc3339 import time_ns_of, time_text_of
from tradewind.model.errors import UserError
from tradewind.model.instruments import currency_digits
from tradewind.model.orders import Liquidity
from tradewind.model.sessions import sessions_of
from tradewind.model.venue_account import VenueBalance, VenueFill, VenueOrder, VenuePosition
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Permissions

ORDERS_PAGE = 500
EXECUTIONS_PAGE = 100
PAGES_MAX = 1_000
"""Pages of one question; beyond it we stop with an error instead of an incomplete answer."""
REPLACED_MAX = 100
"""Replacements of one order that are followed."""
MILLISECOND_NS = 1_000_000
ORDERS_ASKED_MAX = 30
"""Orders of executions that are asked for at once, of the 200 requests that a minute has."""
SINGLE_ASSETS_MAX = 40
"""Assets asked for one by one; more are picked out of the whole list."""


class AlpacaAccount:
    """Questions about one account; each answer is what the venue says at that moment."""

    def __init__(self, rest: AlpacaRest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock
        self.listings = Listings([])
        self.offset = ClockOffset()

    async def learn(self, instrument_ids: Sequence[str]) -> None:
        """Ask for the assets behind instruments; `UserError` for one that the venue has not."""
        symbols = [symbol_of(each) for each in instrument_ids]
        if len(symbols) <= SINGLE_ASSETS_MAX:
            assets = [await self._asset(symbol) for symbol in symbols]
        else:
            every = await self._rest.get("/v2/assets", {"status": "active"}, list[Asset])
            found = {asset.symbol: asset for asset in every}
            missing = [symbol for symbol in symbols if symbol not in found]
            if missing:
                raise UserError(f"Alpaca has no {missing[0]}: name a symbol that it lists")
            assets = [found[symbol] for symbol in symbols]
        self.listings = Listings(map(listing_of, assets))

    async def chain(self, order_id: str) -> list[Order] | None:
        """An order of ours with those that replaced it, the oldest first; None: no such order."""
        query = {"client_order_id": order_id}
        try:
            order = await self._rest.get(
                "/v2/orders:by_client_order_id", query, Order, Urgency.ORDER
            )
        except NotThere:
            return None
        chain = [order]
        while chain[-1].replaced_by and len(chain) < REPLACED_MAX:
            path = f"/v2/orders/{encoded(chain[-1].replaced_by)}"
            chain.append(await self._rest.get(path, {}, Order, Urgency.ORDER))
        return chain

    async def executions_of(self, chain: Sequence[Order]) -> list[Execution]:
        """All executions of an order and its replacements, the oldest first.

        The list may lag behind the order; then the answer would be incomplete, so it is none.
        """
        if not any(order.filled_quantity for order in chain):
            return []
        ids = {order.id for order in chain}
        since_ns = time_ns_of(chain[0].created_at) - 1_000 * MILLISECOND_NS
        found = [one for one in await self.executions(since_ns) if one.order_id in ids]
        listed = sum((one.quantity for one in found), Decimal(0))
        if listed < max(order.filled_quantity for order in chain):
            raise BadAnswer("Alpaca does not list all executions of the order yet")
        return found

    async def executions(self, since_ns: int) -> list[Execution]:
        """Executions of the account behind a time, the oldest first."""
        parameters: dict[str, str | int | bool] = {
            "after": time_text_of(max(0, since_ns)),
            "direction": "asc",
            "page_size": EXECUTIONS_PAGE,
        }
        found: list[Execution] = []
        for _ in range(PAGES_MAX):
            page = await self._rest.get("/v2/account/activities/FILL", parameters, list[Execution])
            found += page
            if len(page) < EXECUTIONS_PAGE:
                return found
            parameters["page_token"] = page[-1].id
        raise BadAnswer(f"Alpaca has more than {PAGES_MAX * EXECUTIONS_PAGE} executions of a time")

    async def open_orders(self, symbol: str = "") -> list[Order]:
        """Every order that works, or those of a symbol, the oldest first."""
        parameters: dict[str, str | int | bool] = {
            "status": "open",
            "limit": ORDERS_PAGE,
            "direction": "asc",
        }
        if symbol:
            parameters["symbols"] = symbol
        found: dict[str, Order] = {}
        for _ in range(PAGES_MAX):
            page = await self._rest.get("/v2/orders", parameters, list[Order], Urgency.ORDER)
            found |= {order.id: order for order in page}
            if len(page) < ORDERS_PAGE:
                return list(found.values())
            # the bound is exclusive, and several orders may have one time: step back a little
            parameters["after"] = time_text_of(time_ns_of(page[-1].created_at) - MILLISECOND_NS)
        raise BadAnswer(f"Alpaca has more than {PAGES_MAX * ORDERS_PAGE} open orders")

    async def venue_order(self, order: Order) -> VenueOrder:
        """An order as reconciliation wants it; a replacement counts what went before it."""
        listing = self.listings.by_asset(order.asset_id, order.symbol)
        if listing is None:
            return _foreign_order(order)
        filled, quantity = order.filled_quantity, order.quantity or Decimal(0)
        if REPLACED_MARK in order.client_order_id:
            chain = await self.chain(order_id_of(order.client_order_id)) or [order]
            done = sum((one.quantity for one in await self.executions_of(chain)), Decimal(0))
            filled, quantity = done, done + quantity - filled
        price_digits = listing.instrument.price_digits
        digits = listing.instrument.quantity_digits
        return VenueOrder(
            order_id_of(order.client_order_id),
            order.id,
            listing.instrument.id,
            SIDE_OF[order.side],
            TYPE_OF.get(order.type),
            floor_units(quantity, digits),
            floor_units(filled, digits),
            nearest_units(order.limit_price or Decimal(0), price_digits),
            nearest_units(order.stop_price or Decimal(0), price_digits),
        )

    async def balances(self) -> list[VenueBalance]:
        """The account's cash; what open orders hold shows in the buying power only."""
        account = await self._rest.get("/v2/account", {}, Account)
        digits = currency_digits(account.currency)
        free = max(Decimal(0), min(account.cash, account.buying_power))
        total, free_units = money_units(account.cash, digits), money_units(free, digits)
        return [VenueBalance(account.currency, total, free_units)]

    async def positions(self) -> list[VenuePosition]:
        """Every position; one of an instrument that is not listed here comes as text."""
        return [
            self._position(each)
            for each in await self._rest.get("/v2/positions", {}, list[Position])
        ]

    async def fills(
        self, instrument: str, since_ns: int, order_ids: dict[str, str]
    ) -> list[VenueFill]:
        """Executions of an instrument; `order_ids` are ours by the venue's order id.

        One that is not among them, of an earlier process, is asked for and added: a replacement
        has another id than the order that we know. The newest are enough: what was executed long
        ago is known by the order's own id, or was told by a question about the order.
        """
        listing = self.listings.of(instrument)
        # `after` excludes its own moment
        executions = [
            one
            for one in await self.executions(since_ns - MILLISECOND_NS)
            if self.listings.by_symbol(one.symbol) is listing
        ]
        newest = dict.fromkeys(one.order_id for one in reversed(executions))
        unknown = [venue_id for venue_id in newest if venue_id not in order_ids]
        for venue_id in unknown[:ORDERS_ASKED_MAX]:
            order_ids[venue_id] = await self._order_id(venue_id)
        fills = (_venue_fill(one, listing, order_ids.get(one.order_id, "")) for one in executions)
        return [fill for fill in fills if fill.venue_time_ns >= since_ns and fill.quantity > 0]

    async def _order_id(self, venue_id: str) -> str:
        """Our order that one of the venue's is of; "" where there is none any more."""
        try:
            order = await self._rest.get(f"/v2/orders/{encoded(venue_id)}", {}, Order)
        except NotThere:
            return ""
        return order_id_of(order.client_order_id)

    async def closed_instruments(self) -> dict[str, str]:
        """What is not tradable at all, and equities while a session that is due is off.

        Nights, weekends and holidays are in the instruments' calendar: the core denies what may
        not trade then, and lets orders for an auction and for extended hours out.
        """
        clock = await self.market_clock()
        is_off = not clock.is_open and _is_session(time_ns_of(clock.timestamp))
        closed = {}
        for listing in self.listings.all:
            asset = await self._asset(listing.symbol)
            if not listing_of(asset).is_tradable:
                closed[listing.instrument.id] = f"Alpaca does not trade it ({asset.status})"
            elif is_off and not listing.is_crypto:
                closed[listing.instrument.id] = f"the market is closed until {clock.next_open}"
        return closed

    async def market_clock(self) -> MarketClock:
        """Whether the market is open; the answer tells the venue's clock as well."""
        sent_ns = self._clock.now_ns()
        clock = await self._rest.get("/v2/clock", {}, MarketClock)
        received_ns = self._clock.now_ns()
        venue_ns = time_ns_of(clock.timestamp)
        self.offset.add(sent_ns=sent_ns, venue_ns=venue_ns, received_ns=received_ns)
        return clock

    async def permissions(self) -> Permissions:
        """What the key may do; a trading key has no way to withdraw that could be asked for."""
        account = await self._rest.get("/v2/account", {}, Account)
        reason = _why_not(account)
        return Permissions(account.account_number, not reason, None, reason)

    async def _asset(self, symbol: str) -> Asset:
        try:
            return await self._rest.get(f"/v2/assets/{encoded(symbol)}", {}, Asset)
        except NotThere:
            raise UserError(f"Alpaca has no {symbol}: name a symbol that it lists") from None

    def _position(self, position: Position) -> VenuePosition:
        listing = self.listings.by_asset(position.asset_id, position.symbol)
        if listing is None:
            return VenuePosition("", 0, text=f"{position.quantity} {position.symbol}")
        instrument = listing.instrument
        sign = -1 if position.side == "short" else 1
        quantity = sign * floor_units(abs(position.quantity), instrument.quantity_digits)
        price = nearest_units(position.average_price, instrument.price_digits)
        return VenuePosition(instrument.id, quantity, price)


def _is_session(time_ns: int) -> bool:
    """Whether the calendar has a regular session at a time; the close itself is no more of it.

    >>> _is_session(time_ns_of("2026-11-20T10:00:00-05:00"))
    True
    >>> _is_session(time_ns_of("2026-11-20T16:00:00-05:00"))
    False
    """
    sessions = sessions_of(CALENDAR)
    assert sessions is not None, "the calendar of equities has sessions"
    return sessions.is_open(time_ns) and sessions.is_open(time_ns + 1)


def _why_not(account: Account) -> str:
    """Why an account may not trade, in the venue's words; "" where it may."""
    if account.status != "ACTIVE":
        return f"the account's status is {account.status}"
    flags = {
        "account_blocked": account.account_blocked,
        "trading_blocked": account.trading_blocked,
        "trade_suspended_by_user": account.suspended,
    }
    return ", ".join(name for name, is_set in flags.items() if is_set)


def _foreign_order(order: Order) -> VenueOrder:
    text = f"{order.side} {order.quantity or order.notional} {order.symbol} {order.type}"
    side = SIDE_OF[order.side]
    return VenueOrder(order_id_of(order.client_order_id), order.id, "", side, None, 0, text=text)


def _venue_fill(one: Execution, listing: Listing, order_id: str) -> VenueFill:
    instrument = listing.instrument
    digits = instrument.quantity_digits
    before = floor_units(one.cumulative_quantity - one.quantity, digits)
    return VenueFill(
        fill_id(one.order_id, one.cumulative_quantity),
        order_id,
        one.order_id,
        instrument.id,
        SIDE_OF[one.side.removesuffix("_short")],
        nearest_units(one.price, instrument.price_digits),
        floor_units(one.cumulative_quantity, digits) - before,
        0,
        instrument.currency,
        Liquidity.TAKER,
        time_ns_of(one.transaction_time),
    )
