"""The bucket of Google's store, by its JSON interface.

https://cloud.google.com/storage/docs/json_api/v1, conditions of
https://cloud.google.com/storage/docs/request-preconditions.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode

from tradewind.adapters.net.google_token import GoogleToken
from tradewind.adapters.parquet.object_calls import (
    ANSWER_S,
    SILENCE_S,
    SILENCES,
    TRIES,
    ObjectAddress,
    silent_store,
    store_name,
)
from tradewind.adapters.parquet.shelf import Kept
from tradewind.model.errors import OutsideError

ENDPOINT = "https://storage.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
GENERATION = "X-Goog-Generation"
CHUNK_BYTES = 1 << 20
PAUSE_S = 0.5
"""Before the second try; before the third it is twice as long."""
AGAIN = {408, 429, 500, 502, 503, 504}
NOT_THERE = 404
OVERTAKEN = 412
ANSWER_BYTES_MAX = 64 << 20
"""The largest list of keys or manifest that is read at once."""


class GoogleStore:
    """Conditions are generations: 0 for a name that nobody has, else that of what was read.

    Who we are is told to Google alone: another endpoint, as one for trying, is asked without.
    """

    def __init__(self, address: ObjectAddress, environment: Mapping[str, str]) -> None:
        self.address = address
        self._endpoint = address.endpoint.rstrip("/") or ENDPOINT
        who = f"Google, asked who we are for {address},"
        self._token = None if address.endpoint else GoogleToken(who, environment, scope=SCOPE)
        self._opener = urllib.request.build_opener(_NoRedirects())

    def look(self, prefix: str) -> None:
        """Ask for the bucket."""
        self._page(prefix, "", {"maxResults": "1"})

    def get(self, key: str) -> Kept | None:
        """A small object and its generation."""
        answer = self._opened(self._media(key))
        if answer is None:
            return None
        with closing(answer):
            content = b"".join(self._read(answer))
        return Kept(content, str(answer.headers[GENERATION]))

    def pieces(self, key: str) -> Iterator[bytes] | None:
        """A large object piece by piece."""
        answer = self._opened(self._media(key))
        return None if answer is None else self._read(answer)

    def put(self, key: str, content: bytes, before: str | None) -> bool:
        """Put an object on a condition; the store refuses it where a byte was lost on the way."""
        asked = {"uploadType": "multipart", "ifGenerationMatch": before or "0"}
        url = f"{self._endpoint}/upload/storage/v1/b/{self._bucket}/o?{urlencode(asked)}"
        kind, body = _multipart(key, content)
        try:
            answer = self._opened(url, body=body, headers={"Content-Type": kind}, method="POST")
        except _Overtaken:
            return False
        if answer is None:
            raise self._no_bucket()
        answer.close()
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        token = ""
        while True:
            page = self._page(prefix, token, {"fields": "nextPageToken,items(name)"})
            yield from (str(found["name"]) for found in page.get("items", ()))
            token = str(page.get("nextPageToken", ""))
            if not token:
                return

    def delete(self, key: str) -> None:
        """Take an object away."""
        answer = self._opened(self._object(key), method="DELETE")
        if answer is not None:
            answer.close()

    def _page(self, prefix: str, token: str, more: dict[str, str]) -> dict[str, Any]:
        asked = {"prefix": prefix, **more, **({"pageToken": token} if token else {})}
        answer = self._opened(f"{self._endpoint}/storage/v1/b/{self._bucket}/o?{urlencode(asked)}")
        if answer is None:
            raise self._no_bucket()
        with closing(answer):
            found = json.loads(b"".join(self._read(answer))[:ANSWER_BYTES_MAX])
        assert isinstance(found, dict), "a list of objects is an object"
        return found

    def _opened(
        self,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> HTTPResponse | None:
        """The answer, None where it is 404; tried again where that may help.

        A request that was done and is tried again does no harm: it is on a condition.
        """
        for left in range(TRIES - 1, -1, -1):
            sent = {**(headers or {}), **self._who_we_are()}
            request = urllib.request.Request(url, body, sent, method=method)
            try:
                answer: HTTPResponse = self._opener.open(request, timeout=SILENCE_S)
                return answer
            except urllib.error.HTTPError as error:
                error.close()
                if error.code == NOT_THERE:
                    return None
                if error.code == OVERTAKEN:
                    raise _Overtaken from None
                if error.code not in AGAIN or not left:
                    raise self._refused(error.code) from None
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise self._silent(error) from None
            time.sleep(PAUSE_S * (TRIES - left))
        raise AssertionError("the last try raised")

    def _read(self, answer: HTTPResponse) -> Iterator[bytes]:
        ends_at = time.monotonic() + ANSWER_S
        try:
            with closing(answer):
                while chunk := answer.read(CHUNK_BYTES):
                    yield chunk
                    if time.monotonic() > ends_at:
                        raise TimeoutError
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(error) from None

    def _who_we_are(self) -> dict[str, str]:
        return {} if self._token is None else {"Authorization": f"Bearer {self._token.text()}"}

    def _refused(self, status: int) -> OutsideError:
        if status in (401, 403):
            return OutsideError(
                f"{store_name(self.address)} refuses our credentials for {self.address} "
                f"({status}): look at GOOGLE_APPLICATION_CREDENTIALS or the machine's service "
                "account, and what it may do",
                fault="ours",
                retry=False,
            )
        return OutsideError(
            f"{store_name(self.address)} refuses a request for {self.address} ({status}): repeat "
            "it, or look at the store",
            fault="theirs",
            retry=status in AGAIN,
        )

    def _silent(self, error: Exception) -> OutsideError:
        name = type(getattr(error, "reason", error)).__name__
        return silent_store(self.address, SILENCES.get(name, name))

    def _no_bucket(self) -> OutsideError:
        return OutsideError(
            f"there is no bucket {self.address.bucket} at {store_name(self.address)}: make it, or "
            "mend HISTORY_URL",
            fault="ours",
            retry=False,
        )

    def _object(self, key: str) -> str:
        return f"{self._endpoint}/storage/v1/b/{self._bucket}/o/{quote(key, safe='')}"

    def _media(self, key: str) -> str:
        return f"{self._object(key)}?alt=media"

    @property
    def _bucket(self) -> str:
        return quote(self.address.bucket, safe="")


class _Overtaken(Exception):
    """The condition of a request does not hold."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is not carried to where an answer points."""

    def redirect_request(self, *_arguments: object, **_options: object) -> None:
        """Follow none: the answer is an error."""


def _multipart(key: str, content: bytes) -> tuple[str, bytes]:
    """The kind and the body of an upload: what the object is called, then its bytes."""
    cut = secrets.token_hex(16)
    md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    about = json.dumps({"name": key, "md5Hash": md5}).encode()
    head = f"--{cut}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".encode()
    middle = f"\r\n--{cut}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    body = b"".join([head, about, middle, content, f"\r\n--{cut}--\r\n".encode()])
    return f"multipart/related; boundary={cut}", body
