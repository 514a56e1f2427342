"""Identifiers: instrument ids, order ids and the journal's own short name."""

from __future__ import annotations

import re

from tradewind.model.errors import UserError

PERSON = "person"
"""Whom orders of persons belong to; a person may change anybody's order."""

ORDER_ID_LENGTH_MAX = 24
JOURNAL_ID_LENGTH_MAX = 6
STRATEGY_NAME_LENGTH_MAX = 10
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_INSTRUMENT = re.compile(r"([A-Z0-9][A-Z0-9._-]*(?:/[A-Z0-9][A-Z0-9_-]*)?)\.([A-Z][A-Z0-9-]*)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def split_instrument_id(text: str) -> tuple[str, str]:
    """Symbol and venue of an instrument id.

    >>> split_instrument_id("BTC/USDT.BINANCE"), split_instrument_id("BRK.B.SIM")
    (('BTC/USDT', 'BINANCE'), ('BRK.B', 'SIM'))
    """
    match = _INSTRUMENT.fullmatch(text)
    if match is None:
        raise UserError(f"{text!r} is not an instrument: write it like BTC/USDT.BINANCE")
    return match[1], match[2]


def check_strategy_name(text: str) -> str:
    """The name if it can stand inside an order id.

    >>> check_strategy_name("cross")
    'cross'
    """
    if len(text) > STRATEGY_NAME_LENGTH_MAX or _NAME.fullmatch(text) is None:
        raise UserError(
            f"{text!r} is no strategy name: use at most {STRATEGY_NAME_LENGTH_MAX} "
            "lower-case letters, digits and _, beginning with a letter"
        )
    return text


def base36(number: int) -> str:
    """A number >= 0 in base 36.

    >>> base36(0), base36(35), base36(36), base36(46655)
    ('0', 'z', '10', 'zzz')
    """
    text = ""
    while number >= len(_PAIRS):
        number, pair = divmod(number, len(_PAIRS))
        text = _PAIRS[pair] + text
    return (_PAIRS[number] if number >= len(ALPHABET) else ALPHABET[number]) + text


def order_id(journal_id: str, strategy: str, number: int) -> str:
    """The id of a strategy's n-th intent: the idempotency key from strategy to venue.

    >>> order_id("j0", "cross", 37)
    'j0-cross-11'
    """
    return f"{journal_id}-{strategy}-{base36(number)}"
