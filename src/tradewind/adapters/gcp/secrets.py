"""Secrets of Google's Secret Manager: `gcp:projects/PROJECT/secrets/NAME`, newest version.

Who asks is the service account of the machine, by its metadata server.
https://cloud.google.com/secret-manager/docs/reference/rest, version 1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from tradewind.adapters.net.cloud_answers import ask_json, failed
from tradewind.adapters.net.google_token import METADATA_HOST, TOKEN_PATH
from tradewind.ports.secrets import SecretReference

WHO = "Google Secret Manager"
SECRETS = "https://secretmanager.googleapis.com"


class GcpSecrets:
    """Reads as the machine's service account."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        host = environment.get("GCE_METADATA_HOST", METADATA_HOST)
        self._metadata = f"http://{host}"
        override = environment.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER", SECRETS)
        self._address = override.rstrip("/")

    def read(self, reference: SecretReference) -> str:
        """A version of a secret, the newest where none is named."""
        path = reference.path
        if "/versions/" not in path:
            path += "/versions/latest"
        found = ask_json(
            WHO,
            f"{self._address}/v1/{path}:access",
            headers={"Authorization": f"Bearer {self._token()}"},
        )
        try:
            return base64.b64decode(found["payload"]["data"], validate=True).decode()
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise failed(WHO, f"has no {reference}") from None

    def _token(self) -> str:
        found = ask_json(
            WHO, f"{self._metadata}/{TOKEN_PATH}", headers={"Metadata-Flavor": "Google"}
        )
        if not isinstance(found.get("access_token"), str):
            raise failed(WHO, "gave no token")
        return str(found["access_token"])
