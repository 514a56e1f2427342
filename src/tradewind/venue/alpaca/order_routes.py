"""Routes of orders and positions of the Alpaca venue."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from aiohttp import web

from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.endpoint import Call, endpoint
from tradewind.venue.alpaca.numbers import parse_number, plain
from tradewind.venue.alpaca.order import order_payload
from tradewind.venue.alpaca.order_request import OrderRequest, parse_order
from tradewind.venue.alpaca.position import position_payload
from tradewind.venue.alpaca.refusal import FORBIDDEN, Refusal, not_found, unprocessable
from tradewind.venue.equities.calendar import DAY_NS, new_york_ns, new_york_time
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.universe import Security, find_security

Payload = dict[str, object]
ORDERS_MAX = 500
ORDERS_DEFAULT = 50


def add_order_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    routes = OrderRoutes(desk)
    router = application.router
    router.add_post("/v2/orders", endpoint(desk, routes.submit))
    router.add_get("/v2/orders", endpoint(desk, routes.orders))
    router.add_delete("/v2/orders", endpoint(desk, routes.cancel_all, status=207))
    router.add_get("/v2/orders:by_client_order_id", endpoint(desk, routes.by_client_order_id))
    router.add_get("/v2/orders/{order_id}", endpoint(desk, routes.order))
    router.add_patch("/v2/orders/{order_id}", endpoint(desk, routes.replace))
    router.add_delete("/v2/orders/{order_id}", endpoint(desk, routes.cancel))
    router.add_get("/v2/positions", endpoint(desk, routes.positions))
    router.add_delete("/v2/positions", endpoint(desk, routes.close_all, status=207))
    # A crypto symbol may come with its slash in the path.
    router.add_get("/v2/positions/{symbol:.+}", endpoint(desk, routes.position))
    router.add_delete("/v2/positions/{symbol:.+}", endpoint(desk, routes.close))


class OrderRoutes:
    """What the routes do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._broker = desk.broker

    # --- orders ------------------------------------------------------------------------------

    def submit(self, call: Call) -> Payload:
        """Place an order."""
        if self._desk.chaos.faults.strikes("reject-storm"):
            raise Refusal(FORBIDDEN, "new orders are rejected by the venue at this time")
        answer = self._broker.submit(call.customer, parse_order(call.body), call.now_ns)
        return shown(answer, is_nested=True)

    def orders(self, call: Call) -> list[Payload]:
        """Orders by state, time, symbol and side; the newest first unless asked otherwise."""
        state = call.word("status", "open", ("open", "closed", "all"))
        limit = call.number("limit", ORDERS_DEFAULT, ORDERS_MAX)
        direction = call.word("direction", "desc", ("asc", "desc"))
        side = call.query.get("side")
        after_ns, until_ns = call.time("after"), call.time("until")
        symbols = {each.replace("/", "") for each in call.symbols()}
        is_nested = call.is_true("nested")
        found = [
            order
            for order in call.customer.orders.values()
            if (state == "all" or order.is_open == (state == "open"))
            and (after_ns is None or order.submitted_ns > after_ns)
            and (until_ns is None or order.submitted_ns < until_ns)
            and (not symbols or order.security.symbol.replace("/", "") in symbols)
            and (side is None or (order.side > 0) == (side == "buy"))
            and not (is_nested and order.parent is not None)
        ]
        if direction == "desc":
            found.reverse()
        return [shown(order_payload(order), is_nested=is_nested) for order in found[:limit]]

    def order(self, call: Call) -> Payload:
        """One order by its id."""
        order = self._broker.order(call.customer, call.path["order_id"])
        return shown(order_payload(order), is_nested=call.is_true("nested"))

    def by_client_order_id(self, call: Call) -> Payload:
        """One order by the client's id."""
        client_order_id = call.query.get("client_order_id", "")
        order_id = call.customer.client_order_ids.get(client_order_id)
        if order_id is None:
            raise not_found(f"order not found for {client_order_id}")
        return order_payload(call.customer.orders[order_id])

    def replace(self, call: Call) -> Payload:
        """Put a new order in the place of one."""
        order_id = call.path["order_id"]
        return self._broker.replace(call.customer, order_id, call.body, call.now_ns)

    def cancel(self, call: Call) -> web.Response:
        """Cancel an order."""
        self._desk.cancel(call.customer, call.path["order_id"], call.now_ns)
        return web.Response(status=204)

    def cancel_all(self, call: Call) -> list[Payload]:
        """Cancel all open orders."""
        return self._broker.cancel_all(call.customer, call.now_ns)

    # --- positions ---------------------------------------------------------------------------

    def positions(self, call: Call) -> list[Payload]:
        """All positions."""
        return [self._position(call, each.security) for each in call.customer.positions.values()]

    def position(self, call: Call) -> Payload:
        """One position by symbol or asset id."""
        return self._position(call, self._held(call))

    def _held(self, call: Call) -> Security:
        """The security of a position that there is."""
        text = call.path["symbol"]
        security = find_security(text)
        if security is None:
            raise not_found(f"symbol not found: {text}")
        if not call.customer.held(security.symbol):
            raise not_found("position does not exist")
        return security

    def _position(self, call: Call, security: Security) -> Payload:
        tape = self._desk.market.tapes[security.symbol]
        return position_payload(
            call.customer.positions[security.symbol],
            price=self._broker.price(security.symbol),
            lastday_price=lastday_price(tape, call.now_ns),
            available=call.customer.available(security.symbol)
            if call.customer.held(security.symbol) > 0
            else call.customer.held(security.symbol),
        )

    def close(self, call: Call) -> Payload:
        """Close a position, or a part of it: the order that does it."""
        security = self._held(call)
        request = closing_order(call.customer.held(security.symbol), security)
        request.quantity = closing_quantity(call, security, request.quantity or Decimal(0))
        return self._broker.submit(call.customer, request, call.now_ns)

    def close_all(self, call: Call) -> list[Payload]:
        """Close every position; how it went for each."""
        if call.is_true("cancel_orders"):
            self._broker.cancel_all(call.customer, call.now_ns)
        answers: list[Payload] = []
        for position in list(call.customer.positions.values()):
            request = closing_order(position.quantity, position.security)
            symbol = position.security.symbol.replace("/", "")
            try:
                body = self._broker.submit(call.customer, request, call.now_ns)
                answers.append({"symbol": symbol, "status": 200, "body": body})
            except Refusal as refusal:
                answer: Payload = {"status": refusal.status, "body": refusal.payload()}
                answers.append({"symbol": symbol, **answer})
        return answers


def closing_order(held: Decimal, security: Security) -> OrderRequest:
    """A market order against a whole position."""
    return OrderRequest(
        security=security,
        side=-1 if held > 0 else 1,
        type="market",
        time_in_force="gtc" if security.is_crypto else "day",
        quantity=abs(held),
    )


def closing_quantity(call: Call, security: Security, held: Decimal) -> Decimal:
    """How much of a position is to be closed."""
    quantity = parse_number("qty", call.query.get("qty"))
    percentage = parse_number("percentage", call.query.get("percentage"))
    if quantity is not None and percentage is not None:
        raise unprocessable("only one of qty or percentage is accepted")
    if percentage is not None:
        if percentage > 100:
            raise unprocessable("percentage must be between 0 and 100")
        return (held * percentage / 100).quantize(Decimal(security.lot), ROUND_DOWN)
    if quantity is not None and quantity > held:
        raise Refusal(
            FORBIDDEN,
            f"insufficient qty available for order (requested: {plain(quantity)}, "
            f"available: {plain(held)})",
        )
    return quantity or held


def lastday_price(tape: Tape, now_ns: int) -> Decimal:
    """The last price of the day before (of New York, or of UTC for crypto)."""
    today_ns = new_york_ns(new_york_time(now_ns).date(), 0)
    past = tape.past.between(today_ns - 5 * DAY_NS, today_ns)
    return Decimal(int(past.close[-1]) if len(past) else 0).scaleb(-tape.security.price_digits)


def shown(payload: Payload, *, is_nested: bool) -> Payload:
    """Legs are shown where that was asked for."""
    return payload if is_nested else {**payload, "legs": None}
