"""What is said over control.sock: one JSON object a line, requests one way, answers the other."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from tradewind.model.algorithm_messages import AlgorithmIntended
from tradewind.model.conditional_messages import ConditionalIntended
from tradewind.model.errors import UserError
from tradewind.model.messages import OrderIntended
from tradewind.runtime.acceptance import Seen

SOCKET_NAME = "control.sock"
LINE_BYTES_MAX = 64 * 1024
"""A request beyond this is refused and its connection closed."""
ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""A client reads no answer beyond this."""
CONFIRMATION = "RESUME"
"""What a person types to lift a halt."""

_SCOPE = re.compile(r"all|(?:account|strategy|instrument|venue):\S{1,64}")


class Request(msgspec.Struct, frozen=True, tag_field="request", forbid_unknown_fields=True):
    """Base of all requests; `request` names which."""


class StatusRequest(Request, frozen=True, tag="status"):
    """Everything the live view shows."""


class OrdersRequest(Request, frozen=True, tag="orders"):
    """The newest orders."""


class OpenOrdersRequest(Request, frozen=True, tag="open_orders"):
    """The orders that still work, or may."""


class HeldOrderRequest(Request, frozen=True, tag="held_order"):
    """One order that the core holds, with its terms; no answer where it holds none of that id."""

    order_id: str


class PositionsRequest(Request, frozen=True, tag="positions"):
    """The positions of all accounts."""


class HealthRequest(Request, frozen=True, tag="health"):
    """Whether the engine does its work."""


class MetricsRequest(Request, frozen=True, tag="metrics"):
    """The numbers for a monitoring system."""


class InstrumentsRequest(Request, frozen=True, tag="instruments"):
    """The journal's id, the instruments, and which account each strategy trades on."""


class HaltRequest(Request, frozen=True, tag="halt"):
    """No new orders in a scope; its working orders are canceled."""

    scope: str
    reason: str
    by: str


class ResumeRequest(Request, frozen=True, tag="resume"):
    """Lift a halt; `confirm` is the typed confirmation."""

    scope: str
    by: str
    confirm: str


class CancelRequest(Request, frozen=True, tag="cancel"):
    """Cancel one order."""

    order_id: str


class CancelAllRequest(Request, frozen=True, tag="cancel_all"):
    """Cancel all orders, held ones too, of a strategy and an instrument; "" stands for all."""

    owner: str = ""
    instrument: str = ""


class AmendRequest(Request, frozen=True, tag="amend"):
    """Give an order another quantity, limit or stop price, in its units; a price of 0 stays.

    A stop that trails takes another distance as well, in price units or in 10^-9 of the price.
    """

    order_id: str
    quantity: int
    limit_price: int
    stop_price: int = 0
    trail: int = 0
    trail_share: int = 0


class PlaceRequest(Request, frozen=True, tag="place"):
    """Place one order, through the same risk list as a strategy's; `exits` wait for its fills."""

    order: OrderIntended | ConditionalIntended | AlgorithmIntended
    exits: tuple[ConditionalIntended, ...] = ()


class LimitsRequest(Request, frozen=True, tag="limits"):
    """The limits of every scope."""


class ChangeLimitsRequest(Request, frozen=True, tag="change_limits"):
    """Change some limits of a scope; null takes one away."""

    scope: str
    changes: dict[str, Any]
    by: str


class RiskRulesRequest(Request, frozen=True, tag="risk_rules"):
    """Levels of the risk monitor, stress scenarios, terms of accounts."""


class ChangeRiskRuleRequest(Request, frozen=True, tag="change_risk_rule"):
    """Change the levels of a measure, a stress scenario, or the terms of an account, by name.

    Or approve the `code` of a strategy: its hash, as it runs.

    Of levels and terms null takes one away; a scenario is put in whole, and no changes at all take
    away scenario or terms.
    """

    kind: Literal["levels", "scenarios", "terms", "code"]
    name: str
    changes: dict[str, Any] | None
    by: str


class ExposuresRequest(Request, frozen=True, tag="exposures"):
    """Gross and net exposure of every account."""


class FlattenRequest(Request, frozen=True, tag="flatten"):
    """Close at the market what is held in a scope that is halted."""

    scope: str
    by: str


class StartStrategyRequest(Request, frozen=True, tag="start_strategy"):
    """Start a strategy of the library, with parameters over those of its plan."""

    strategy: str
    parameters: dict[str, str]
    by: str


class StopStrategyRequest(Request, frozen=True, tag="stop_strategy"):
    """Stop a strategy; its open orders stay until canceled."""

    strategy: str
    by: str


class ReconcileRequest(Request, frozen=True, tag="reconcile"):
    """Compare with a venue now, and take its word on the differences that a person has seen.

    What is seen needs a reason, which is journaled with who said so.
    """

    venue: str
    seen: tuple[Seen, ...] = ()
    reason: str = ""
    by: str = ""


Performed = (
    LimitsRequest
    | ChangeLimitsRequest
    | RiskRulesRequest
    | ChangeRiskRuleRequest
    | ExposuresRequest
    | FlattenRequest
    | StartStrategyRequest
    | StopStrategyRequest
    | ReconcileRequest
)
"""What is asked beside reads, orders and halts."""


class SubscribeRequest(Request, frozen=True, tag="subscribe"):
    """Send every update from here on, one a line; nothing more is asked on this connection."""


class MarketRequest(Request, frozen=True, tag="market"):
    """Send best prices soon after they change, as `MarketTold`, one a line; nothing more is asked
    on this connection. All rows come first and once a second, else those that changed.
    """


AnyRequest = (
    StatusRequest
    | OrdersRequest
    | OpenOrdersRequest
    | HeldOrderRequest
    | PositionsRequest
    | HealthRequest
    | MetricsRequest
    | InstrumentsRequest
    | HaltRequest
    | ResumeRequest
    | CancelRequest
    | CancelAllRequest
    | AmendRequest
    | PlaceRequest
    | Performed
    | SubscribeRequest
    | MarketRequest
)


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the engine says: `answer` where ok, else one sentence in `error`.

    >>> encode_line(Answer(ok=False, error="there is no order j-cross-9"))
    b'{"ok":false,"error":"there is no order j-cross-9"}\\n'
    """

    ok: bool
    answer: Any = None
    error: str = ""


def encode_line(message: msgspec.Struct) -> bytes:
    """Return a message as one line of JSON.

    >>> encode_line(StatusRequest())
    b'{"request":"status"}\\n'
    """
    return msgspec.json.encode(message) + b"\n"


def decode_request(line: bytes) -> AnyRequest:
    """Return the request of a line, or raise `ValueError` with one sentence.

    >>> decode_request(b'{"request": "dance"}')
    Traceback (most recent call last):
        ...
    ValueError: the request is wrong: Invalid value 'dance' - at `$.request`
    """
    try:
        return _REQUESTS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"the request is wrong: {error}") from None


def decode_answer(line: bytes) -> Answer:
    """Return the answer of a line, or raise `ValueError` with one sentence."""
    try:
        return _ANSWERS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"the answer is wrong: {error}") from None


def check_scope(scope: str) -> str:
    """Return the scope of a halt if it is one.

    >>> check_scope("strategy:cross")
    'strategy:cross'
    """
    if _SCOPE.fullmatch(scope) is None:
        raise UserError(
            f"{scope!r} is no scope: use all, account:NAME, strategy:NAME, instrument:ID or "
            "venue:NAME"
        )
    return scope


_REQUESTS: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_ANSWERS = msgspec.json.Decoder(Answer)
