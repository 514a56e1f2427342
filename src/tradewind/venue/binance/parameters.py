"""The parameters of one call, read by name and checked as the venue checks them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from tradewind.venue.binance.errors import ApiError, illegal, mandatory, not_required

_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_CLIENT_ID = re.compile(r"[a-zA-Z0-9-_.:/]{1,36}")
DECIMALS_MAX = 8


class Parameters:
    """Texts by name. Which were read is noted: what nobody read is an error (-1104).

    >>> call = Parameters({"symbol": "BTCUSDT", "limit": "5"})
    >>> call.required("symbol"), call.integer("limit", 100), call.text("side")
    ('BTCUSDT', 5, None)
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self._read = {"timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits"}

    def text(self, name: str) -> str | None:
        """A text, or None where it was not sent."""
        self._read.add(name)
        return self.texts.get(name)

    def required(self, name: str) -> str:
        """A text that must be there."""
        text = self.text(name)
        if not text:
            raise mandatory(name)
        return text

    def decimal(self, name: str) -> Decimal | None:
        """A number of at most eight decimals, not negative."""
        text = self.text(name)
        if text is None:
            return None
        if not text:
            raise ApiError(-1105, f"Parameter '{name}' was empty.")
        if _DECIMAL.fullmatch(text) is None:
            raise illegal(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        number = Decimal(text)
        if number.normalize().as_tuple().exponent < -DECIMALS_MAX:  # type: ignore[operator]
            raise ApiError(-1111, f"Parameter '{name}' has too much precision.")
        return number

    def positive(self, name: str) -> Decimal:
        """A number that must be there and greater than zero."""
        number = self.decimal(name)
        if number is None:
            raise mandatory(name)
        if number == 0:
            word = {"quantity": "quantity", "price": "price"}.get(name, name)
            raise ApiError(-1013, f"Invalid {word}.")
        return number

    def integer(self, name: str, default: int) -> int:
        """A whole number, or the default."""
        number = self.optional_integer(name)
        return default if number is None else number

    def optional_integer(self, name: str) -> int | None:
        """A whole number, or None."""
        text = self.text(name)
        if text is None:
            return None
        if _INTEGER.fullmatch(text) is None:
            raise illegal(name)
        return int(text)

    def choice(self, name: str, allowed: Iterable[str], code: int = -1130) -> str | None:
        """One of some words, or None."""
        text = self.text(name)
        if text is None:
            return None
        if text not in allowed:
            if code == -1130:
                raise ApiError(code, f"Data sent for parameter '{name}' is not valid.")
            raise ApiError(code)
        return text

    def client_id(self, name: str) -> str | None:
        """An order id of the client, or None."""
        text = self.text(name)
        if text is not None and _CLIENT_ID.fullmatch(text) is None:
            raise illegal(name, "^[a-zA-Z0-9-_.:/]{1,36}$")
        return text

    def boolean(self, name: str) -> bool:
        """True where a parameter is "true"."""
        return (self.choice(name, ("true", "false", "TRUE", "FALSE")) or "").lower() == "true"

    def refuse(self, names: Iterable[str]) -> None:
        """These may not be sent."""
        for name in names:
            if self.texts.get(name):
                raise not_required(name)

    def check_all_read(self) -> None:
        """What nobody read was sent in vain."""
        unread = [name for name in self.texts if name not in self._read]
        if unread:
            read = len(self.texts) - len(unread)
            raise ApiError(
                -1104,
                f"Not all sent parameters were read; read '{read}' parameter(s) but was sent "
                f"'{len(self.texts)}'.",
            )
