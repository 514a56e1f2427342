"""Massive's stream over a real socket: logging in, subscribing, columns, refusals."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec

from tests.adapters.net.loopback import RealClock, no_chance
from tests.adapters.socket_server import Speaker, speaking, until
from tradewind.adapters.massive.instruments import instrument_of
from tradewind.adapters.massive.market_data import MassiveMarketData
from tradewind.adapters.massive.rest import Hosts
from tradewind.adapters.net.secret import Secret
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.messages import BadTick

KEY = "a-key-that-nobody-may-see"
MICROSOFT = instrument_of("MSFT.MASSIVE", Decimal(1))
BITCOIN = instrument_of("BTC/USD.MASSIVE", Decimal(35_000))
EURO = instrument_of("EUR/USD.MASSIVE", Decimal(1))
TRADE = {"ev": "T", "sym": "MSFT", "p": 114.125, "s": 100, "t": 1536036818784}
QUOTE = {"ev": "Q", "sym": "MSFT", "bp": 114.12, "bs": 1, "ap": 114.13, "as": 2, "t": 5}


def status(name: str, *events: dict[str, Any]) -> str:
    said = {"ev": "status", "status": name, "message": name}
    return msgspec.json.encode([said, *events]).decode()


def opening(*events: dict[str, Any]) -> list[str]:
    return [status("connected"), status("auth_success"), status("success", *events)]


def streaming(scripts: list[Any], instruments: list[Instrument], use: Any) -> None:
    async def run() -> None:
        async with speaking(*scripts) as (base, speaker):
            taken: list[Columns] = []
            bad: list[BadTick] = []
            data = MassiveMarketData(
                [],
                Secret(KEY),
                Hosts(stream=base),
                clock=RealClock(),
                chance=no_chance,
                note_bad=bad.append,
            )
            data._instruments = instruments
            task = asyncio.create_task(data.run(taken.append))
            try:
                await use(taken, bad, speaker)
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    asyncio.run(run())


def test_trades_and_quotes_arrive_as_columns_in_order() -> None:
    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: len(taken) == 2)
        assert [(each.kind, len(each)) for each in taken] == [("trades", 2), ("quotes", 1)]
        assert taken[0]["price"].tolist() == [1_141_250] * 2
        assert list(map(msgspec.json.decode, speaker.heard)) == [
            {"action": "auth", "params": KEY},
            {"action": "subscribe", "params": "T.MSFT,Q.MSFT"},
        ]
        assert speaker.paths == ["/stocks"]

    streaming([opening(TRADE, TRADE, QUOTE)], [MICROSOFT], use)


def test_each_asset_class_has_its_connection_and_its_names() -> None:
    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: len(speaker.heard) == 6)
        assert sorted(speaker.paths) == ["/crypto", "/forex", "/stocks"]
        asked = [msgspec.json.decode(raw) for raw in speaker.heard]
        channels = sorted(each["params"] for each in asked if each["action"] == "subscribe")
        assert channels == ["C.EUR/USD", "T.MSFT,Q.MSFT", "XT.BTC-USD,XQ.BTC-USD"]

    streaming([opening()], [MICROSOFT, BITCOIN, EURO], use)


def test_a_key_that_is_not_taken_is_said_without_it_and_tried_again() -> None:
    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: taken)
        assert bad[0].reason == "auth_failed: auth_failed"
        assert KEY not in repr(bad)
        assert len(speaker.paths) == 2

    streaming([[status("connected"), status("auth_failed")], opening(TRADE)], [MICROSOFT], use)


def test_what_cannot_be_read_is_a_bad_tick_and_the_rest_arrives() -> None:
    broken = [QUOTE | {"ap": 114.11}, {"ev": "T"}, TRADE | {"sym": "AAPL"}]

    async def use(taken: list[Columns], bad: list[BadTick], speaker: Speaker) -> None:
        await until(lambda: taken)
        assert len(bad) == 2
        assert sum(map(len, taken)) == 1

    streaming([opening(*broken, TRADE)], [MICROSOFT], use)
