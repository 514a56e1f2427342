"""Small requests to the secret managers of clouds: JSON over HTTPS with a deadline."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from tradewind.model.errors import OutsideError

DEADLINE_S = 5.0
ANSWER_BYTES_MAX = 1 << 20


def ask_json(
    who: str,
    url: str,
    *,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The answer to a GET, or to a POST of a form; `OutsideError` names `who` and what failed."""
    address = urllib.parse.urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise failed(who, f"has no address {url!r}")
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, body, dict(headers))
    # Straight there: what an environment says of proxies is not for secrets.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=DEADLINE_S) as answer:
            found = json.loads(answer.read(ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        with error:
            raise failed(who, f"refused with {error.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise failed(who, f"cannot be reached: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise failed(who, "gave no object")
    return found


def failed(who: str, what: str) -> OutsideError:
    """The error for a sentence."""
    return OutsideError(f"{who} {what}", fault="ours", retry=False)
