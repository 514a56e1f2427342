"""The closed unions of events (what happened) and commands (please do).

Every message is a frozen struct, encoded as an array with its class name first. Prices and
quantities are integers in the units of the instrument named in the message, or of the order's.
"""

from __future__ import annotations

from tradewind.model.account_messages import ENTRY_KINDS as ENTRY_KINDS
from tradewind.model.account_messages import AccountEvent as AccountEvent
from tradewind.model.account_messages import AccountSpread as AccountSpread
from tradewind.model.account_messages import AccountTermsSet as AccountTermsSet
from tradewind.model.account_messages import CashConverted as CashConverted
from tradewind.model.account_messages import CashPosted as CashPosted
from tradewind.model.account_messages import CashTransferred as CashTransferred
from tradewind.model.account_messages import DividendPaid as DividendPaid
from tradewind.model.account_messages import EntryKind as EntryKind
from tradewind.model.account_messages import InstrumentDelisted as InstrumentDelisted
from tradewind.model.account_messages import InstrumentRenamed as InstrumentRenamed
from tradewind.model.account_messages import InstrumentSplit as InstrumentSplit
from tradewind.model.account_messages import MarginCalled as MarginCalled
from tradewind.model.account_messages import PositionLiquidated as PositionLiquidated
from tradewind.model.account_messages import RiskLevelReached as RiskLevelReached
from tradewind.model.account_messages import RiskRuleChanged as RiskRuleChanged
from tradewind.model.algorithm_messages import AlgorithmIntended as AlgorithmIntended
from tradewind.model.algorithm_messages import ChildSent as ChildSent
from tradewind.model.algorithm_messages import ParentEnded as ParentEnded
from tradewind.model.conditional_messages import CancelAllIntended as CancelAllIntended
from tradewind.model.conditional_messages import ConditionalIntended as ConditionalIntended
from tradewind.model.conditional_messages import HeldOrderEnded as HeldOrderEnded
from tradewind.model.conditional_messages import OrderHeld as OrderHeld
from tradewind.model.conditional_messages import Trigger as Trigger
from tradewind.model.instruments import Instrument
from tradewind.model.limits import Limits
from tradewind.model.market import Bar, BarOpened, DepthUpdate, Quote, Trade
from tradewind.model.message_base import Message as Message
from tradewind.model.message_base import TimedMessage as TimedMessage
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.model.reports import NOT_STATED as NOT_STATED
from tradewind.model.reports import AmendRejected as AmendRejected
from tradewind.model.reports import CancelRejected as CancelRejected
from tradewind.model.reports import OrderAccepted as OrderAccepted
from tradewind.model.reports import OrderAmended as OrderAmended
from tradewind.model.reports import OrderCanceled as OrderCanceled
from tradewind.model.reports import OrderExpired as OrderExpired
from tradewind.model.reports import OrderFilled as OrderFilled
from tradewind.model.reports import OrderRejected as OrderRejected
from tradewind.model.reports import OrderRestated as OrderRestated
from tradewind.model.reports import OrderUnknown as OrderUnknown
from tradewind.model.reports import Report as Report
from tradewind.model.route_messages import OrderRouted as OrderRouted
from tradewind.model.route_messages import RouteSet as RouteSet
from tradewind.model.venue_messages import InstrumentPaused as InstrumentPaused
from tradewind.model.venue_messages import InstrumentResumed as InstrumentResumed
from tradewind.model.venue_messages import OrdersLeft as OrdersLeft
from tradewind.model.venue_messages import PositionTransferred as PositionTransferred
from tradewind.model.venue_messages import VenueDescribed as VenueDescribed
from tradewind.model.venue_messages import VenueDiffered as VenueDiffered
from tradewind.model.venue_messages import VenueLost as VenueLost
from tradewind.model.venue_messages import VenueRecovered as VenueRecovered

# --- how a run is set up ---------------------------------------------------------------------


class RunStarted(TimedMessage, frozen=True):
    """A process took the journal over; epochs only grow.

    `mark` says what positions are valued at: a word of `model.marking.MARKINGS`.
    """

    journal_id: str
    epoch: int
    code: str
    mark: str = "latest"


class InstrumentListed(TimedMessage, frozen=True):
    """An instrument, or a new version of one, is known from here on."""

    instrument: Instrument


class AccountOpened(TimedMessage, frozen=True):
    """An account with its currency; `hedging` keeps one LONG and one SHORT leg an instrument."""

    account: str
    currency: str
    hedging: bool = False


class CashDeposited(TimedMessage, frozen=True):
    """Cash came in (or went out, negative), in money units of the currency."""

    account: str
    currency: str
    amount: int


class LimitsChanged(TimedMessage, frozen=True):
    """Limits of a scope: `firm`, `account:NAME`, `strategy:NAME`, or `venue:NAME`.

    A venue has one limit, `orders_per_second`: of all that reaches it.
    """

    scope: str
    limits: Limits
    by: str


class RateChanged(TimedMessage, frozen=True):
    """One unit of `currency` is worth rate x 10^-9 of `into`: for equity and exposure."""

    currency: str
    into: str
    rate: int


class StrategyRegistered(TimedMessage, frozen=True):
    """A strategy runs on an account from here on, and is given these instruments.

    Where there are none named, nobody gave any: a person's orders, or an older journal.
    """

    strategy: str
    account: str
    code: str
    parameters: dict[str, str]
    instruments: tuple[str, ...] = ()


class StrategyStopped(TimedMessage, frozen=True):
    """A strategy gets no more events; its open orders stay until canceled."""

    strategy: str
    reason: str


# --- what strategies and persons want --------------------------------------------------------


class OrderIntended(TimedMessage, frozen=True):
    """An order as wanted, before risk. A stop or limit price of 0 says there is none."""

    order_id: str
    strategy: str
    instrument: str
    side: Side
    quantity: int
    type: OrderType = OrderType.MARKET
    limit_price: int = 0
    stop_price: int = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    flags: OrderFlag = OrderFlag.NONE
    expire_time_ns: int = 0
    leg: Leg = Leg.NET


class TargetIntended(TimedMessage, frozen=True):
    """A position wanted: see `TargetKind` and `Sizing` for value and time of sizing."""

    order_id: str
    strategy: str
    instrument: str
    kind: int
    value: int
    sizing: int
    leg: Leg = Leg.NET


class CancelIntended(TimedMessage, frozen=True):
    """An order is no longer wanted."""

    strategy: str
    order_id: str


class AmendIntended(TimedMessage, frozen=True):
    """An order shall have another quantity, limit price or stop price; 0 keeps a price.

    Of a stop that trails also another distance: `trail` in price units, or `trail_share` in 10^-9.
    """

    strategy: str
    order_id: str
    quantity: int
    limit_price: int
    stop_price: int = 0
    trail: int = 0
    trail_share: int = 0


class TimerSet(TimedMessage, frozen=True):
    """A strategy wants to be called at a time; an interval of 0 is once.

    With an interval it is called again behind each; what was missed in a gap is not made up for.
    """

    strategy: str
    name: str
    due_time_ns: int
    interval_ns: int = 0


# --- time, control, data quality -------------------------------------------------------------


class TimerFired(TimedMessage, frozen=True):
    """A timer fired at its due time.

    `missed` is how often more it would have been due before the event that let it fire: over a
    gap of events a timer with an interval fires once.
    """

    strategy: str
    name: str
    missed: int = 0


class ClockTicked(TimedMessage, frozen=True):
    """A second passed: moves staleness and expiry where no data does."""


class Halted(TimedMessage, frozen=True):
    """No new orders in a scope; cancels follow. Resumed by a person only.

    Scopes are `all`, `account:NAME`, `strategy:NAME`, `instrument:ID`, `venue:NAME`.
    An account or strategy that is not there yet is halted once it is.
    """

    scope: str
    reason: str
    by: str


class Resumed(TimedMessage, frozen=True):
    """A halt is lifted by a person."""

    scope: str
    by: str


class BadTick(TimedMessage, frozen=True):
    """Market data that was refused, with what was wrong and the raw bytes (cut to 200)."""

    instrument: str
    reason: str
    raw: bytes


class MarketRecorded(TimedMessage, frozen=True):
    """Rows of market data, kept by the recorder: where they are and what they hash to."""

    kind: str
    instrument: str
    segment: str
    offset: int
    count: int
    digest: bytes


# --- what the core decided: journaled behind its cause, recomputed and compared on replay ----


class OrderDenied(TimedMessage, frozen=True):
    """Our risk refused: the rule, the value it saw, the limit it has."""

    order_id: str
    rule: str
    value: str
    limit: str


class SubmitOrder(TimedMessage, frozen=True):
    """Command: send a new order to its venue, once."""

    order_id: str
    account: str
    venue: str
    instrument: str
    side: Side
    quantity: int
    type: OrderType
    limit_price: int
    stop_price: int
    time_in_force: TimeInForce
    flags: OrderFlag
    expire_time_ns: int
    leg: Leg


class SubmitIceberg(SubmitOrder, frozen=True):
    """Command: send an order of which the venue shows `display` at a time, once."""

    display: int


class CancelOrder(TimedMessage, frozen=True):
    """Command: cancel a working order."""

    order_id: str
    venue: str
    instrument: str


class AmendOrder(TimedMessage, frozen=True):
    """Command: give a working order these terms; a price of 0 is none.

    `number` counts the amendments of the order from 1; the answer gives it back.
    """

    order_id: str
    venue: str
    instrument: str
    quantity: int
    limit_price: int
    number: int = 0
    stop_price: int = 0


class QueryOrder(TimedMessage, frozen=True):
    """Command: ask the venue what became of an order.

    `amends` is how many amendments of the order left before; `OrderRestated` gives it back.
    """

    order_id: str
    venue: str
    instrument: str
    amends: int = 0


Command = SubmitOrder | SubmitIceberg | CancelOrder | AmendOrder | QueryOrder
Decision = (
    OrderDenied
    | OrderHeld
    | HeldOrderEnded
    | OrderRouted
    | ChildSent
    | ParentEnded
    | SubmitOrder
    | SubmitIceberg
    | CancelOrder
    | AmendOrder
    | QueryOrder
)
Intent = (
    OrderIntended
    | TargetIntended
    | ConditionalIntended
    | AlgorithmIntended
    | CancelIntended
    | CancelAllIntended
    | AmendIntended
    | TimerSet
)
ControlEvent = (
    RunStarted
    | InstrumentListed
    | AccountOpened
    | CashDeposited
    | LimitsChanged
    | RateChanged
    | RouteSet
    | StrategyRegistered
    | StrategyStopped
    | Intent
    | Report
    | OrdersLeft
    | VenueDescribed
    | VenueLost
    | VenueRecovered
    | InstrumentPaused
    | InstrumentResumed
    | VenueDiffered
    | PositionTransferred
    | AccountEvent
    | TimerFired
    | ClockTicked
    | Halted
    | Resumed
    | BadTick
    | MarketRecorded
)
MarketEvent = Bar | BarOpened | Trade | Quote | DepthUpdate
Event = ControlEvent | MarketEvent
Record = ControlEvent | Decision
"""What a journal holds: control events whole, market data by reference, and decisions."""
MONEY_EVENTS = (
    OrderFilled,
    CashDeposited,
    PositionTransferred,
    CashPosted,
    CashConverted,
    DividendPaid,
    InstrumentSplit,
    InstrumentDelisted,
    PositionLiquidated,
)
"""What moves cash or positions: balances are the fold of these."""
