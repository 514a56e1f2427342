"""Secrets of AWS Secrets Manager: `aws:trading/alpaca#api_key`, the field where it is JSON.

Who asks and where is boto3's own business: roles, profiles, AWS_REGION and so on.
"""

from __future__ import annotations

from typing import Any

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tradewind.model.errors import OutsideError
from tradewind.ports.secrets import SecretReference, field_of

SETTINGS = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 2})


class AwsSecrets:
    """Reads with the credentials that boto3 finds."""

    def read(self, reference: SecretReference) -> str:
        """The present version of a secret, or of a field of it."""
        try:
            client: Any = boto3.client("secretsmanager", config=SETTINGS)
            text = client.get_secret_value(SecretId=reference.path)["SecretString"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise _failed(f"refused {reference}: {code}") from None
        except (BotoCoreError, KeyError) as error:
            raise _failed(f"did not give {reference}: {type(error).__name__}") from None
        if not reference.field:
            return str(text)
        try:
            value = field_of(reference, msgspec.json.decode(text, type=dict[str, object]))
        except (msgspec.DecodeError, msgspec.ValidationError):
            value = None
        if value is None:
            raise _failed(f"has no field {reference.field} in {reference.path}")
        return value


def _failed(what: str) -> OutsideError:
    return OutsideError(f"AWS Secrets Manager {what}", fault="ours", retry=False)
