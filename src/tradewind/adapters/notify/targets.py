"""Where a notification may be sent: not into the machine or the network that we stand in."""

from __future__ import annotations

import ipaddress
import socket
from typing import Literal
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from tradewind.model.errors import OutsideError

Reach = Literal["public", "anywhere"]
"""`anywhere` lets private and loopback addresses through, and plain HTTP."""


def check_url(url: str, reach: Reach) -> None:
    """Refuse an address that must not be asked; names are looked at again when they are resolved.

    >>> check_url("https://hooks.example.com/x", "public")
    >>> check_url("https://[::1]/x", "public")
    Traceback (most recent call last):
    tradewind.model.errors.OutsideError: ::1 is not a public address: ...
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise refused("a channel's address is no https URL without a user: check the settings")
    if reach == "anywhere":
        return
    if parts.scheme != "https":
        raise refused(f"{host} would be told over plain HTTP: use https, or {ALLOW}")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    check_address(host)


def check_address(address: str) -> None:
    """Refuse an address that is not one of the public internet, also one that hides in IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if not found.is_global or found.is_multicast or (inner is not None and not inner.is_global):
        raise refused(f"{address} is not a public address: name another, or {ALLOW}")


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; what is connected to is what was looked at."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name; `OutsideError` where one of them is not public."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            check_address(each["host"])
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()


ALLOW = "set notify.allow_private"


def refused(sentence: str) -> OutsideError:
    """The error of what repeating cannot mend."""
    return OutsideError(sentence, fault="ours", retry=False)
