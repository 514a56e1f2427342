"""Corporate actions of the Alpaca venue as its data host shows them."""

from __future__ import annotations

from tradewind.venue.alpaca.endpoint import Call
from tradewind.venue.equities.actions import Actions, Dividend, Split

Payload = dict[str, object]
TYPES = {"forward_split": "forward_splits", "cash_dividend": "cash_dividends"}
PAGE_MAX = 1_000


def corporate_actions(actions: Actions, call: Call) -> Payload:
    """Actions by symbol, type and day."""
    symbols = call.symbols()
    types = [each for each in call.query.get("types", "").split(",") if each] or list(TYPES)
    first, last = call.query.get("start", "0000"), call.query.get("end", "9999")
    limit = call.number("limit", PAGE_MAX, PAGE_MAX)

    def is_wanted(action: Split | Dividend) -> bool:
        return first <= action.day.isoformat() <= last and (not symbols or action.symbol in symbols)

    found: dict[str, list[Payload]] = {}
    if "forward_split" in types:
        rows = [split_payload(each) for each in actions.splits if is_wanted(each)]
        found["forward_splits"] = rows[:limit]
    if "cash_dividend" in types:
        rows = [dividend_payload(each) for each in actions.dividends if is_wanted(each)]
        found["cash_dividends"] = rows[:limit]
    shown = {name: rows for name, rows in found.items() if rows}
    return {"corporate_actions": shown, "next_page_token": None}


def split_payload(split: Split) -> Payload:
    """A forward split."""
    day = split.day.isoformat()
    return {
        "id": split.id,
        "symbol": split.symbol,
        "cusip": "000000000",
        "new_rate": split.new,
        "old_rate": split.old,
        "process_date": day,
        "ex_date": day,
        "record_date": day,
        "payable_date": day,
    }


def dividend_payload(dividend: Dividend) -> Payload:
    """A cash dividend."""
    return {
        "id": dividend.id,
        "symbol": dividend.symbol,
        "cusip": "000000000",
        "rate": dividend.cash,
        "special": False,
        "foreign": False,
        "process_date": dividend.pay_day.isoformat(),
        "ex_date": dividend.day.isoformat(),
        "record_date": dividend.record_day.isoformat(),
        "payable_date": dividend.pay_day.isoformat(),
    }
