"""Replies of the Alpha Vantage venue: JSON or CSV, and what goes wrong, always with status 200."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import msgspec
from aiohttp import web

Payload = dict[str, object]

DOCUMENTATION = "https://www.alphavantage.co/documentation/"


class Trouble(Exception):
    """What is answered instead of data; the field tells whose fault it is.

    >>> Trouble("Note", "too many calls").payload()
    {'Note': 'too many calls'}
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence

    def payload(self) -> Payload:
        """The body; JSON, where CSV was asked for too."""
        return {self.field: self.sentence}


def invalid_call(function: str) -> Trouble:
    """A symbol or a parameter that is not known."""
    return Trouble(
        "Error Message",
        f"Invalid API call. Please retry or visit the documentation ({DOCUMENTATION}) "
        f"for {function}.",
    )


def unknown_function(function: str) -> Trouble:
    """A function that does not exist."""
    return Trouble("Error Message", f"This API function ({function}) does not exist.")


def missing_key() -> Trouble:
    """No key, or one that nobody has."""
    return Trouble("Error Message", "the parameter apikey is invalid or missing.")


def demo_key() -> Trouble:
    """The key of the documentation's examples."""
    return Trouble("Information", "The **demo** API key is for demo purposes only.")


def minute_limit(limit: int) -> Trouble:
    """More calls in a minute than the key has."""
    return Trouble(
        "Note",
        "Thank you for using Alpha Vantage! Our standard API call frequency is "
        f"{limit} calls per minute.",
    )


def day_limit(limit: int) -> Trouble:
    """More calls in a day than the key has."""
    return Trouble(
        "Information",
        f"We have detected your API key and our standard API rate limit is {limit} requests per "
        "day. Please subscribe to a premium plan to remove all daily rate limits.",
    )


def premium_only() -> Trouble:
    """What a free key does not have."""
    return Trouble("Information", "Thank you for using Alpha Vantage! This is a premium endpoint.")


def json_reply(payload: object) -> web.Response:
    """JSON."""
    body = msgspec.json.format(msgspec.json.encode(payload), indent=4)
    return web.Response(body=body, content_type="application/json")


def csv_reply(header: Sequence[str], rows: Iterable[Sequence[str]]) -> web.Response:
    """CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return web.Response(text=text.getvalue(), content_type="application/x-download")
