"""The wire of Alpaca's history: pages of bars, trades and quotes, and corporate actions."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import field

from tradewind.adapters.alpaca.wire import FRAME_BYTES_MAX, Bar, Quote, TradePrint
from tradewind.model.errors import BadMessage

Answer = TypeVar("Answer")


class BarsPage(msgspec.Struct, frozen=True):
    """A page of bars by symbol; null where a range has none.

    {"bars":{"AAPL":[{"t":"2022-01-03T09:00:00Z","o":178.26,"h":178.34,"l":177.76,"c":178.08,
     "v":60937,"n":1727,"vw":177.954244}]},"next_page_token":"QUFQTHxNfDE2NDEyMDA0MDAwMDAwMDAwMDA="}
    """

    rows: dict[str, list[Bar]] | None = field(name="bars", default=None)
    next_page: str | None = field(name="next_page_token", default=None)


class TradesPage(msgspec.Struct, frozen=True):
    """A page of trades by symbol.

    {"trades":{"AAPL":[{"t":"2022-01-03T09:00:00.086175744Z","x":"P","p":178.26,"s":246,
     "c":["@","T"],"i":1,"z":"C"}]},"next_page_token":null}
    """

    rows: dict[str, list[TradePrint]] | None = field(name="trades", default=None)
    next_page: str | None = field(name="next_page_token", default=None)


class QuotesPage(msgspec.Struct, frozen=True):
    """A page of quotes by symbol.

    {"quotes":{"AAPL":[{"t":"2022-01-03T09:00:00.028160898Z","ax":" ","ap":0,"as":0,"bx":"Q",
     "bp":177.92,"bs":4,"c":["Y"],"z":"C"}]},"next_page_token":null}
    """

    rows: dict[str, list[Quote]] | None = field(name="quotes", default=None)
    next_page: str | None = field(name="next_page_token", default=None)


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """`new_rate` shares for `old_rate`, from the opening of the ex-date on.

    {"id":"b1a5e1c2-0d7f-4b1b-9f0c-3b4c5d6e7f80","cusip":"037833100","symbol":"AAPL","new_rate":4,
     "old_rate":1,"process_date":"2020-08-31","ex_date":"2020-08-31","record_date":"2020-08-24",
     "payable_date":"2020-08-31"}
    """

    symbol: str
    new_rate: Decimal
    old_rate: Decimal
    ex_date: str


class CashDividend(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` of cash a share, for who held it before the ex-date.

    {"id":"1f5e5f3e-9d1a-4b93-8f4a-0b0b7f2ad9d1","symbol":"AAPL","cusip":"037833100","rate":0.24,
     "special":false,"foreign":false,"process_date":"2023-11-16","ex_date":"2023-11-10",
     "record_date":"2023-11-13","payable_date":"2023-11-16"}
    """

    symbol: str
    rate: Decimal
    ex_date: str


class CorporateActions(msgspec.Struct, frozen=True):
    """Corporate actions by what they are; mergers, spin-offs and name changes are not read."""

    forward_splits: list[Split] = []
    reverse_splits: list[Split] = []
    cash_dividends: list[CashDividend] = []


class CorporateActionsPage(msgspec.Struct, frozen=True):
    """A page of corporate actions.

    {"corporate_actions":{"forward_splits":[...],"cash_dividends":[...]},"next_page_token":null}
    """

    actions: CorporateActions = field(name="corporate_actions", default=CorporateActions())
    next_page: str | None = field(name="next_page_token", default=None)


Page = BarsPage | TradesPage | QuotesPage


def decode_as(answer: type[Answer], raw: bytes) -> Answer:
    """An answer of a known shape; `BadMessage` where it has another.

    >>> decode_as(BarsPage, b'{"bars":null,"next_page_token":null}')
    BarsPage(rows=None, next_page=None)
    """
    if len(raw) > FRAME_BYTES_MAX * 4:
        raise BadMessage(f"an answer of {len(raw)} bytes: at most {FRAME_BYTES_MAX * 4} are read")
    try:
        return msgspec.json.decode(raw, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from None
