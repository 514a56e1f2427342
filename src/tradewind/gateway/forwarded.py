"""Forwarded requests: who really asked, and whether by HTTPS, as trusted proxies say."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec
from starlette.datastructures import Headers

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HOPS_MAX = 16
"""Addresses of a header that are looked at, from the near end."""


class Asked(msgspec.Struct, frozen=True):
    """From where a request came, and how it travelled to the first proxy or to us."""

    address: str
    is_https: bool


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks of addresses and networks as text; raises `ValueError`."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def asked_by(peer: str, scheme: str, headers: Headers, trusted: Sequence[Network]) -> Asked:
    """Who asked: the last address that no trusted proxy has; headers of others are not believed.

    >>> headers = Headers({"x-forwarded-for": "6.6.6.6, 9.9.9.9", "x-forwarded-proto": "https"})
    >>> asked_by("10.0.0.1", "http", headers, networks_of(["10.0.0.0/8"]))
    Asked(address='9.9.9.9', is_https=True)
    >>> asked_by("8.8.8.8", "http", headers, networks_of(["10.0.0.0/8"]))
    Asked(address='8.8.8.8', is_https=False)
    """
    is_https = scheme in ("https", "wss")
    if not trusted or not _is_in(peer, trusted):
        return Asked(peer, is_https)
    protocol = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    hops = [each.strip() for each in ",".join(headers.getlist("x-forwarded-for")).split(",")]
    address = peer
    for hop in reversed(hops[-HOPS_MAX:]):
        if not _is_address(hop):
            break
        address = hop
        if not _is_in(hop, trusted):
            break
    return Asked(address, is_https or protocol == "https")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        own = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(own in network for network in networks)
