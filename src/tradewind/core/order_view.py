"""A strategy's orders and fills, as it sees them."""

from __future__ import annotations

from decimal import Decimal

from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import to_decimal
from tradewind.model.orders import OrderState, Side


class OrderView:
    """One order of the strategy, as of now."""

    __slots__ = ("_market", "_order")

    def __init__(self, order: Order, market: Market) -> None:
        self._order = order
        self._market = market

    @property
    def order_id(self) -> str:
        """The id that `buy` and `sell` returned."""
        return self._order.order_id

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self._market.instrument

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return Side(self._order.side)

    @property
    def state(self) -> OrderState:
        """Where it is in its life."""
        return OrderState(self._order.state)

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self._order.is_open

    @property
    def quantity(self) -> Decimal:
        """What was ordered."""
        return self._quantity(self._order.quantity)

    @property
    def filled_quantity(self) -> Decimal:
        """What was filled."""
        return self._quantity(self._order.filled_quantity)

    @property
    def leaves_quantity(self) -> Decimal:
        """What may still be filled."""
        return self._quantity(self._order.leaves_quantity)

    @property
    def limit_price(self) -> Decimal | None:
        """Its limit, where it has one."""
        units = self._order.limit_price
        return to_decimal(units, self._market.instrument.price_digits) if units else None

    def _quantity(self, units: int) -> Decimal:
        return to_decimal(units, self._market.instrument.quantity_digits)


class FillView:
    """One execution of the strategy's order: exact price, quantity and fee."""

    __slots__ = ("_event", "_market", "order")

    def __init__(self, event: m.OrderFilled, order: OrderView, market: Market) -> None:
        self._event = event
        self._market = market
        self.order = order

    @property
    def time_ns(self) -> int:
        """When we learned of it."""
        return self._event.time_ns

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self.order.side

    @property
    def price(self) -> Decimal:
        """Price of this execution."""
        return to_decimal(self._event.price, self._market.instrument.price_digits)

    @property
    def quantity(self) -> Decimal:
        """Quantity of this execution, positive."""
        return to_decimal(self._event.quantity, self._market.instrument.quantity_digits)

    @property
    def fee(self) -> Decimal:
        """What it cost, in `fee_currency`; negative is a rebate."""
        return to_decimal(self._event.fee, currency_digits(self._event.fee_currency))

    @property
    def fee_currency(self) -> str:
        """Currency of the fee."""
        return self._event.fee_currency
