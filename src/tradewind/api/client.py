"""The client of the HTTP API: `tradewind.Client`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from tradewind.api.answer import Page
from tradewind.api.connection import ApiError, Connection
from tradewind.api.events import Event, follow
from tradewind.api.market_answers import Series
from tradewind.api.research_calls import Data, Jobs, Market, Research
from tradewind.api.system_answers import Tokens
from tradewind.api.system_calls import Login, System
from tradewind.api.trading_calls import Orders, Risk, Strategies, Trading, Venues

TIMEOUT_S = 30.0


class Client:
    """Talks to one gateway, with an API key, a login, or neither where it runs in local mode.

    Answers are types; a refusal is an `ApiError` with the gateway's sentence, a gateway that
    cannot be reached an `OutsideError`. What acts carries an idempotency key of its own, so reads
    and such requests are sent again where the gateway does not answer; nothing else is.
    Tokens of a login are renewed when they are over.

        with tradewind.Client("http://127.0.0.1:8000", key="tw_...") as client:
            placed = client.orders.place("BTC/USDT.SIM", "BUY", "0.1", limit_price="60000")
            for fill in client.each(client.trading.fills):
                print(fill.price, fill.quantity)
    """

    def __init__(
        self, url: str = "http://127.0.0.1:8000", *, key: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        self._connection = Connection(url, timeout_s=timeout_s)
        self._connection.credential = self._headers
        self._connection.renew = self._renew
        self._key = key
        self._tokens: Tokens | None = None
        self._is_renewing = False
        self.account = Login(self._connection)
        self.system = System(self._connection)
        self.orders = Orders(self._connection)
        self.trading = Trading(self._connection)
        self.risk = Risk(self._connection)
        self.strategies = Strategies(self._connection)
        self.venues = Venues(self._connection)
        self.market = Market(self._connection)
        self.data = Data(self._connection)
        self.jobs = Jobs(self._connection)
        self.research = Research(self._connection)

    def __repr__(self) -> str:
        return f"Client({self._connection.url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def login(self, name: str, password: str, code: str = "") -> None:
        """Log in; the tokens are sent from here on and renewed."""
        self._tokens = None
        self._tokens = self.account.login(name, password, code)

    def each(self, call: Callable[..., Page], **asked: Any) -> Iterator[Any]:
        """Every row of a list, newest first, page by page: `client.each(client.orders.page)`."""
        before = 0
        while True:
            page: Any = call(**asked, before=before)
            yield from getattr(page, "rows", ()) or getattr(page, "entries", ())
            before = page.next_before
            if not before:
                return

    def each_row(self, call: Callable[..., Series], *places: str, **asked: Any) -> Iterator[Any]:
        """Every row of market data from `start` on, oldest first, page by page.

        Like `client.each_row(client.market.bars, "GOOG.SIM", "1m", start="20240101")`.
        """
        cursor = ""
        while True:
            part: Any = call(*places, **asked, **({"after": cursor} if cursor else {}))
            yield from part.rows
            cursor = part.next_after
            if not cursor:
                return

    def follow(self, *channels: str, since: int = 0) -> Iterator[Event]:
        """Updates of the stream as they come: a snapshot first, or what was missed since.

        After a break it goes on behind the last sequence that came. Needs `websockets`.
        """
        return follow(self._connection.url, self._headers, list(channels), since)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _headers(self) -> dict[str, str]:
        if self._tokens is not None:
            return {"Authorization": f"Bearer {self._tokens.access_token}"}
        return {"X-API-Key": self._key} if self._key else {}

    def _renew(self) -> bool:
        """Get the next pair of tokens; False where there is none, or it is over."""
        if self._tokens is None or self._is_renewing:
            return False
        refresh_token, self._tokens = self._tokens.refresh_token, None
        self._is_renewing = True
        try:
            self._tokens = self.account.refresh(refresh_token)
        except ApiError:
            return False
        finally:
            self._is_renewing = False
        return True
