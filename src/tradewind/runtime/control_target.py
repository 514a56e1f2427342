"""What the control socket asks of an engine: its read models, and what is put in."""

from __future__ import annotations

from typing import Any, Protocol

from tradewind.model.messages import (
    AlgorithmIntended,
    AmendIntended,
    CancelAllIntended,
    CancelIntended,
    ConditionalIntended,
    Halted,
    OrderIntended,
    Resumed,
)
from tradewind.runtime.broadcast import Subscription
from tradewind.runtime.control_messages import Performed
from tradewind.runtime.market_board import MarketBoard
from tradewind.runtime.read_models import (
    Health,
    HeldStory,
    Listing,
    Metric,
    OrderRow,
    PositionRow,
    Status,
)

Submission = (
    Halted
    | Resumed
    | CancelIntended
    | CancelAllIntended
    | AmendIntended
    | OrderIntended
    | ConditionalIntended
    | AlgorithmIntended
)


class ControlTarget(Protocol):
    """What the engine shows the control socket. All is called on the event loop's thread."""

    def status(self) -> Status:
        """Everything at a glance."""

    @property
    def market(self) -> MarketBoard:
        """Best prices, to be followed."""

    @property
    def sequence(self) -> int:
        """The journal's sequence that all answers are as of."""

    def orders(self) -> list[OrderRow]:
        """The newest orders, newest first."""

    def open_orders(self) -> list[OrderRow]:
        """All orders that are not in a final state, newest first."""

    def held_order(self, order_id: str) -> HeldStory | None:
        """One order that the core holds."""

    def positions(self) -> list[PositionRow]:
        """All positions."""

    def instruments(self) -> Listing:
        """What can be traded, and on which account by whom."""

    def health(self) -> Health:
        """Whether the engine does its work."""

    def metrics(self) -> list[Metric]:
        """The numbers for a monitoring system."""

    async def submit(self, event: Submission, *more: Submission) -> int:
        """Put an event in, stamped with the engine's time; return its sequence once durable.

        `more` belongs to it: all go in with one turn, or none where one of them cannot be.
        Raises `UserError` for what cannot be meant and `OutsideError` where it is not durable.
        """

    async def perform(self, request: Performed) -> Any:
        """Do what a person asks beside orders and halts; plain data, once durable.

        Raises `UserError` for what cannot be meant and `OutsideError` where it is not durable.
        """

    def subscribe(self) -> Subscription:
        """Every update of a read model from here on."""
