"""What a venue that a run can trade at is made of; each has a file of its own beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Trading
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings


class KeyPair(NamedTuple):
    """An API key and its secret; nothing is shown in messages, and nothing prints it.

    Some venues want a `password` that belongs to the key as well, or a user's number.

    >>> KeyPair("public", "hunter2")
    KeyPair(***)
    """

    key: str
    secret: str
    password: str = ""
    uid: str = ""

    def __repr__(self) -> str:
        return "KeyPair(***)"


class Place(NamedTuple):
    """Where a venue is: an environment's name or an address, "" for the venue's own.

    `feed` is which of its market data the account pays for, where there are several, and
    `requests_per_minute` how many questions, where that differs. A connection that nothing comes
    on for `silence_s` is made anew. Where orders have no receive window, one that the venue has not
    got `arrival_s` after it was sent is taken for never sent. `kinds` are the market data that a
    run wants, where a venue lets one choose. A venue that can cancels what a run has left open
    `countdown_s` after it was last heard of; 0 for never.
    """

    host: str = ""
    feed: str = ""
    silence_s: float = 45.0
    requests_per_minute: int = 0
    arrival_s: float = 30.0
    kinds: tuple[Literal["trades", "quotes", "depth"], ...] = ("trades", "quotes")
    countdown_s: int = 0


VENUES_OWN = Place()


class Keyed(Protocol):
    """Whatever keys are kept for: a venue of orders or of data alone."""

    @property
    def name(self) -> str:
        """As people type it."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def data_needs_key(self) -> bool:
        """Whether even market data is not given without one."""

    @property
    def key(self) -> Setting[str]:
        """The setting of the key."""

    @property
    def secret(self) -> Setting[str] | None:
        """The setting of its second part, where it has one."""

    @property
    def more(self) -> tuple[Setting[str], ...]:
        """The settings of what some venues want besides: password and user's number."""


class PlaceOf(Protocol):
    """Reads the place out of the settings."""

    def __call__(self, settings: Settings) -> Place:
        """The place."""


class MakeMarketData(Protocol):
    """Builds the market data of a venue; `keys` are None where none are needed."""

    def __call__(
        self, instrument_ids: Sequence[str], *, place: Place, keys: KeyPair | None, clock: Clock
    ) -> MarketData:
        """The market data of instruments."""


class MakeTrading(Protocol):
    """Builds one account's way to a venue; orders that begin with `id_prefix` are ours."""

    def __call__(
        self,
        instruments: Sequence[Instrument],
        *,
        place: Place,
        keys: KeyPair,
        clock: Clock,
        id_prefix: str,
    ) -> Trading:
        """The way of one account."""


@dataclass(frozen=True, slots=True)
class VenueEntry:
    """One venue: as typed, as in instrument ids, its currency, its settings, who builds it.

    `title` is what people call it. `symbols` are what strategies trade where nobody names any, the
    n-th by the n-th; the demo's where empty. A key may have no `secret`. `data_needs_key` says that
    even market data is not given without one, `live_refusal` why nothing is traded live here.
    Without a `currency` the account is kept in that of the first symbol. `more` are the settings of
    password and user's number, where a key may have them.
    """

    name: str
    venue: str
    title: str
    currency: str
    key: Setting[str]
    secret: Setting[str] | None
    place: PlaceOf
    market_data: MakeMarketData
    trading: MakeTrading
    symbols: tuple[str, ...] = ()
    data_needs_key: bool = False
    live_refusal: str = ""
    more: tuple[Setting[str], ...] = ()


def base_of(address: str) -> str:
    """An address as the base of URLs; a bare host is plain HTTP on the loopback, else HTTPS.

    >>> base_of("127.0.0.1:8081"), base_of("api.polygon.io")
    ('http://127.0.0.1:8081', 'https://api.polygon.io')
    """
    if not address or "://" in address:
        return address.rstrip("/")
    is_local = address.partition(":")[0] in ("127.0.0.1", "localhost")
    return f"{'http' if is_local else 'https'}://{address.rstrip('/')}"


def split_address(host: str) -> tuple[str, str]:
    """Scheme and address of a host that is given as a URL; `UserError` where it is none.

    >>> split_address("http://127.0.0.1:8090")
    ('http', '127.0.0.1:8090')
    """
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise UserError(f"{host!r} is no address of a venue: write it like http://127.0.0.1:8090")
    return parts.scheme, parts.netloc
