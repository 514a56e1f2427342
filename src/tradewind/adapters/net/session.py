"""The session: the pool of connections that the clients of one venue share."""

from __future__ import annotations

import aiohttp

from tradewind.adapters.net.http_connections import HttpConnections

DNS_CACHE_S = 300


class Session:
    """Connections kept alive; open it on the event loop, close it at the end.

    Requests go over connections of our own: nothing is sent twice unless a caller said that it is
    harmless, and an order leaves in the call that sends it. Sockets go through aiohttp.
    """

    __slots__ = ("_connections", "client")

    def __init__(self) -> None:
        self._connections: dict[str, HttpConnections] = {}
        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ttl_dns_cache=DNS_CACHE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )

    def connections(self, origin: str) -> HttpConnections:
        """Those to one host, `http://HOST:PORT` or `https://HOST`."""
        if origin not in self._connections:
            self._connections[origin] = HttpConnections(origin)
        return self._connections[origin]

    async def close(self) -> None:
        """Close all connections."""
        for each in self._connections.values():
            await each.close()
        await self.client.close()
