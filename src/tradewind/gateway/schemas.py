"""What requests carry. Prices, quantities and money are decimal text, times nanoseconds in UTC."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tradewind.gateway.problems import DECIMAL

Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[
    str,
    Field(pattern=DECIMAL, examples=["0.25"], description="decimal text"),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$", examples=["ann"])]
Password = Annotated[str, Field(min_length=1, max_length=128)]
Code = Annotated[str, Field(max_length=32, description="six digits, or a recovery code")]
Scope = Annotated[str, Field(max_length=80, examples=["all", "instrument:BTC/USDT.SIM"])]


class Body(BaseModel):
    """Base of all: a field that is not known is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(Body):
    """A name, a password and, for those who have one, a second factor's code."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Password
    code: Code = ""


class Refresh(Body):
    """The refresh token of the last answer."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=200)]


class Setup(Body):
    """The first administrator, with the token of the link that the start printed."""

    token: Annotated[str, Field(min_length=1, max_length=100)]
    name: Name
    password: Password


class ChangePassword(Body):
    """One's own password, with the old one."""

    password: Password
    new_password: Password


class ConfirmCode(Body):
    """A code from the device that was just set up."""

    code: Code


class NewUser(Body):
    """A user. A `service` has no password and acts through API keys only."""

    name: Name
    role: Literal["viewer", "researcher", "trader", "risk", "admin", "service"]
    accounts: Annotated[list[Text], Field(max_length=100)] = ["*"]
    password: Annotated[str, Field(max_length=128)] = ""


class ChangeUser(Body):
    """What shall be otherwise; what is left out stays."""

    role: Literal["viewer", "researcher", "trader", "risk", "admin", "service"] | None = None
    accounts: Annotated[list[Text], Field(max_length=100)] | None = None
    is_disabled: bool | None = None
    password: Password | None = None
    remove_second_factor: Literal[True] | None = None


class NewKey(Body):
    """An API key; without scopes it may all that its user may."""

    name: Text
    scopes: Annotated[list[Text], Field(max_length=20)] = []
    networks: Annotated[list[Text], Field(max_length=20, examples=[["10.0.0.0/8"]])] = []
    days: Annotated[int, Field(ge=1, le=365, description="until it expires")] = 90


class NewOrder(Body):
    """An order as wanted; it goes through the same risk list as a strategy's.

    With `after`, `oco`, or as TRAILING_STOP or IF_TOUCHED the core holds it (see the guide
    `orders`). `take_profit` and one of the losses close what it fills: a bracket. With `algorithm`,
    `display` or the name of a route as `instrument` the core works it with children (see the
    guide `algorithms`).
    """

    instrument: Annotated[str, Field(max_length=64, examples=["BTC/USDT.SIM"])]
    side: Literal["BUY", "SELL"]
    quantity: Number
    type: Literal["MARKET", "LIMIT", "STOP", "STOP_LIMIT", "TRAILING_STOP", "IF_TOUCHED"] = "MARKET"
    limit_price: Number | None = None
    stop_price: Number | None = None
    touch_price: Number | None = None
    trail: Number | None = Field(None, description="distance of a trailing stop in price")
    trail_percent: Number | None = Field(None, description="its distance in percent of the price")
    take_profit: Number | None = None
    stop_loss: Number | None = None
    trailing_loss: Number | None = None
    trailing_loss_percent: Number | None = None
    after: str = Field("", max_length=64, description="the order whose fills it waits for")
    oco: str = Field("", max_length=64, description="one of the orders with this word works")
    algorithm: Literal["twap", "vwap", "pov", "iceberg", "shortfall", "at_once"] | None = None
    display: Number | None = Field(None, description="what an iceberg shows")
    seconds: Number | None = Field(None, description="how long the algorithm's window is")
    start_time_ns: Annotated[int, Field(ge=0, lt=2**62)] = 0
    slices: Annotated[int, Field(ge=1, le=10_000)] | None = None
    curve: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=10_000)] = []
    participation: Number | None = Field(None, description="a share of the volume, as 0.1")
    min_child: Number | None = Field(None, description="smaller children wait")
    urgency: Number | None = Field(None, description="how much earlier, for shortfall")
    at_end: Literal["cancel", "cross"] | None = None
    time_in_force: Literal["GTC", "DAY", "IOC", "FOK", "GTD", "OPG", "CLS"] = "GTC"
    expire_time_ns: Annotated[int, Field(ge=0, lt=2**63)] = 0
    post_only: bool = False
    reduce_only: bool = False
    extended_hours: bool = False
    leg: Literal["NET", "LONG", "SHORT"] = "NET"


class ChangeOrder(Body):
    """Other terms of a working order; what is left out stays."""

    quantity: Number | None = None
    limit_price: Number | None = None
    stop_price: Number | None = None
    trail: Number | None = Field(None, description="another distance of a stop that trails")
    trail_percent: Number | None = Field(None, description="the same in percent of the price")


class NewHalt(Body):
    """No new orders in a scope; its working orders are canceled."""

    scope: Scope = "all"
    reason: Text


class StartStrategy(Body):
    """Parameters over those of the strategy's plan."""

    parameters: Annotated[
        dict[
            Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_]+$")],
            Annotated[str, Field(max_length=64)],
        ],
        Field(max_length=50, default_factory=dict, examples=[{"fast": "5"}]),
    ]


class Reconcile(Body):
    """Whether the venue's word is taken on what halts it, and why: the journal keeps the reason."""

    accept: bool = False
    reason: str = Field(default="", max_length=200)


class LimitChanges(Body):
    """Limits to set (decimal text in account currency, shares of equity), null to take away."""

    order_quantity: Number | None = None
    order_notional: Number | None = None
    position_quantity: Number | None = None
    position_notional: Number | None = None
    gross_exposure: Number | None = None
    net_exposure: Number | None = None
    leverage: Number | None = None
    concentration: Number | None = None
    capital: Number | None = None
    risk_per_trade: Number | None = None
    price_collar: Number | None = None
    stale_price_ns: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    duplicate_ns: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    orders_per_second: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    open_orders: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    allowed_instruments: Annotated[list[Text], Field(max_length=1000)] | None = None
    restricted_instruments: Annotated[list[Text], Field(max_length=1000)] | None = None
    short_sale: bool | None = None
    located: Annotated[dict[Text, Number], Field(max_length=1000)] | None = None
    self_trade: bool | None = None
    fills: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    fills_ns: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    messages_per_fill: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    rejects_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class ChangeLimits(Body):
    """Changes of the limits of a scope: `firm`, or an account, strategy or instrument by name."""

    scope: Annotated[str, Field(max_length=80, examples=["account:paper"])]
    changes: LimitChanges


class ChangeRiskRule(Body):
    """Changes of one rule of risk, by its name: a measure, a scenario, an account, a strategy.

    Of levels (warn, block, reduce_only, flatten) and terms null takes one away; a scenario is put
    in whole. Without changes a scenario or an account's terms go. Of a
    strategy's code the hash is approved, so that its usual limits hold.
    """

    kind: Literal["levels", "scenarios", "terms", "code"]
    name: Annotated[str, Field(min_length=1, max_length=64, examples=["drawdown"])]
    changes: Annotated[dict[Text, Any], Field(max_length=1000, examples=[{"warn": "0.05"}])] | None


class Resume(Body):
    """Lift a halt: `confirm` is the typed word RESUME, `code` that of the second factor."""

    scope: Scope = "all"
    confirm: Annotated[str, Field(max_length=20)]
    code: Code = ""
