"""Points a ccxt exchange at a local venue."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse


def pointed(client: Any, about: dict[str, Any]) -> Any:
    """A ccxt exchange whose every address is the local venue's."""
    client.urls["api"] = _local(client.urls["api"], about)
    return client


def _local(urls: Any, about: dict[str, Any]) -> Any:
    if isinstance(urls, dict):
        return {name: _local(each, about) for name, each in urls.items()}
    if not isinstance(urls, str):
        return urls
    parsed = urlparse(urls)
    return (about["ws_url"] if parsed.scheme == "wss" else about["url"]) + parsed.path
