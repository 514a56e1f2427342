"""Who we are to Google's services: a token of the machine's identity or of a credentials file.

https://google.aip.dev/auth/4110 (which of them is taken), https://google.aip.dev/auth/4112 (files
of a service account).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradewind.adapters.net.cloud_answers import ask_json, failed
from tradewind.model.errors import UserError

METADATA_HOST = "metadata.google.internal"
TOKEN_PATH = "computeMetadata/v1/instance/service-accounts/default/token"
TOKENS = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASKED_S = 3600
"""For how long a token is asked for."""
SPARE_S = 120
"""A token is not used in the last seconds of its life."""


class GoogleToken:
    """Gives a token, the same one as long as it lives; asked from any thread.

    From the file of `GOOGLE_APPLICATION_CREDENTIALS`, else from the machine's metadata server.
    """

    def __init__(self, who: str, environment: Mapping[str, str], *, scope: str) -> None:
        self._who = who
        self._scope = scope
        self._file = environment.get("GOOGLE_APPLICATION_CREDENTIALS", "")
        self._metadata = f"http://{environment.get('GCE_METADATA_HOST', METADATA_HOST)}"
        self._token = ""
        self._ends_at = 0.0

    def text(self) -> str:
        """The token; `OutsideError` where none is given, `UserError` where the file is none."""
        if time.monotonic() >= self._ends_at:
            begun = time.monotonic()
            found = self._of_file() if self._file else self._of_machine()
            token, lives_s = found.get("access_token"), found.get("expires_in", ASKED_S)
            if not isinstance(token, str) or not isinstance(lives_s, int):
                raise failed(self._who, "gave no token")
            self._token, self._ends_at = token, begun + max(lives_s - SPARE_S, 0)
        return self._token

    def _of_machine(self) -> dict[str, Any]:
        headers = {"Metadata-Flavor": "Google"}
        return ask_json(self._who, f"{self._metadata}/{TOKEN_PATH}", headers=headers)

    def _of_file(self) -> dict[str, Any]:
        kept = self._kept()
        try:
            address = str(kept.get("token_uri", TOKENS))
            if kept.get("type") == "service_account":
                form = {"grant_type": GRANT, "assertion": _signed(kept, address, self._scope)}
            else:
                names = ("client_id", "client_secret", "refresh_token")
                form = {"grant_type": "refresh_token", **{name: kept[name] for name in names}}
        except (KeyError, TypeError, ValueError):
            raise self._no_file() from None
        return ask_json(self._who, address, headers={}, form=form)

    def _kept(self) -> dict[str, Any]:
        try:
            kept = json.loads(Path(self._file).read_text())
        except (OSError, ValueError):
            raise self._no_file() from None
        if not isinstance(kept, dict):
            raise self._no_file()
        return kept

    def _no_file(self) -> UserError:
        return UserError(
            f"GOOGLE_APPLICATION_CREDENTIALS: {self._file} is no file with credentials: name the "
            "JSON file of a service account"
        )


def _signed(kept: Mapping[str, Any], address: str, scope: str) -> str:
    """The claim of a service account, signed with its key (RS256)."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    now_s = int(time.time())
    claims = {
        "iss": kept["client_email"], "scope": scope, "aud": address,
        "iat": now_s, "exp": now_s + ASKED_S,
    }  # fmt: skip
    head = {"alg": "RS256", "typ": "JWT", "kid": kept.get("private_key_id", "")}
    said = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
    key = serialization.load_pem_private_key(kept["private_key"].encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not a key of RSA")
    return f"{said}.{_encoded(key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
