"""The session: the pool of connections that the clients of one venue share."""

from __future__ import annotations

import aiohttp

CONNECTIONS_MAX = 64
"""At once; one more waits for a free one, within its own time to connect."""
KEEP_ALIVE_S = 60.0
DNS_CACHE_S = 300


class Session:
    """Connections kept alive; open it on the event loop, close it at the end.

    aiohttp repeats some requests by itself when a kept connection turns out to be closed. That
    is switched off: here nothing is sent twice unless a caller said that it is harmless.
    """

    __slots__ = ("client",)

    def __init__(self) -> None:
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS_MAX, keepalive_timeout=KEEP_ALIVE_S, ttl_dns_cache=DNS_CACHE_S
        )
        self.client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )
        # not part of aiohttp's interface; `test_a_stale_connection_repeats_nothing` holds it
        assert hasattr(self.client, "_retry_connection")
        self.client._retry_connection = False

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()
