"""A burst: many messages on one socket, fast enough that a reader's speed is what is measured."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.venue.binance_client import Client, run

COUNT = 20_000


def test_a_burst_sends_every_message_in_its_order() -> None:
    async def scenario(client: Client) -> None:
        stream = "btcusdt@bookTicker"
        async with client.http.ws_connect(f"{client.server.ws_url}/ws/{stream}") as socket:
            asked = asyncio.create_task(burst(client, stream, COUNT))
            ids = []
            while len(ids) < COUNT:
                message = await socket.receive_json(timeout=60)
                if "u" in message:
                    ids.append(message["u"])
            assert await asked == {"sent": COUNT}
        assert ids == list(range(ids[0], ids[0] + COUNT))

    run(scenario)


async def burst(client: Client, channel: str, count: int) -> object:
    """Ask the operator's route for a burst."""
    body = {"channel": channel, "count": count}
    timeout = aiohttp.ClientTimeout(total=30)
    url = f"{client.server.url}/admin/burst"
    async with client.http.post(url, json=body, timeout=timeout) as response:
        return await response.json()
