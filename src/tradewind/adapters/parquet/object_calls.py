"""Calls to an object store: address, and of S3 client, deadline and refusals in a sentence each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tradewind.model.errors import OutsideError, UserError

CONNECT_S = 3
SILENCE_S = 10
"""How long a store may say nothing while it is asked."""
TRIES = 3
ANSWER_S = 300.0
"""How long one object may take to arrive, however it trickles."""
CONDITION_CODES = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
NO_BUCKET = {"NoSuchBucket", "InvalidBucketName"}
FORM = (
    "s3://bucket/prefix, s3://bucket/prefix?endpoint=https://store:port&region=name, or "
    "gs://bucket/prefix"
)
SCHEMES = ("s3", "gs")
SILENCES = {
    "EndpointConnectionError": "nothing listens there, or nobody knows the host",
    "ConnectTimeoutError": "no answer in time",
    "ReadTimeoutError": "no answer in time",
    "ConnectionClosedError": "the connection broke",
    "SSLError": "no TLS, or a certificate that is not trusted",
    "ConnectionRefusedError": "nothing listens there",
    "gaierror": "nobody knows the host",
    "TimeoutError": "no answer in time",
    "SSLCertVerificationError": "a certificate that is not trusted",
}
"""What the errors of the two clients mean, by their names."""


class ObjectAddress(NamedTuple):
    """Which bucket and prefix, at which store; without an endpoint it is Amazon's (or what
    AWS_ENDPOINT_URL_S3 and the profile say), and with `gs` Google's.
    """

    bucket: str
    prefix: str
    endpoint: str = ""
    region: str = ""
    scheme: str = "s3"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}".rstrip("/")


def object_address(url: str) -> ObjectAddress:
    """The address that a text names.

    >>> object_address("s3://prices/desk?endpoint=http://127.0.0.1:9000")
    ObjectAddress(bucket='prices', prefix='desk', endpoint='http://127.0.0.1:9000', region='', \
scheme='s3')
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    endpoint = options.get("endpoint", "")
    if "@" in parts.netloc or "@" in endpoint:
        raise UserError(
            "HISTORY_URL has credentials in it: put them into AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, a profile, or for Google into the file of "
            "GOOGLE_APPLICATION_CREDENTIALS, and take them out of the address"
        )
    is_endpoint = not endpoint or urlsplit(endpoint).scheme in ("http", "https")
    known = {"endpoint", "region"} if parts.scheme == "s3" else {"endpoint"}
    if parts.scheme not in SCHEMES or not parts.netloc or set(options) - known:
        raise UserError(f"HISTORY_URL is no address of a bucket: write it like {FORM}")
    if not is_endpoint:
        raise UserError(f"the endpoint in HISTORY_URL has no http:// or https://: write {FORM}")
    prefix, region = parts.path.strip("/"), options.get("region", "")
    return ObjectAddress(parts.netloc, prefix, endpoint, region, parts.scheme)


def connected(address: ObjectAddress) -> Any:
    """A client with the credentials that boto3 finds in its usual places."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise UserError("a history in a bucket needs boto3: pip install 'tradewind[aws]'") from None
    settings = Config(
        connect_timeout=CONNECT_S,
        read_timeout=SILENCE_S,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path" if address.endpoint else "auto"},
        # Stores that are not Amazon's know no checksums behind the content; ours are in the
        # manifests.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        with translated(address):
            return boto3.session.Session().client(
                "s3",
                endpoint_url=address.endpoint or None,
                region_name=address.region or None,
                config=settings,
            )
    except ValueError:
        raise _ours(f"HISTORY_URL is no address of a bucket: write it like {FORM}") from None


def code_of(error: Any) -> str:
    """The code of a store's refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(address: ObjectAddress) -> Iterator[None]:
    """Say what a store refuses in one sentence, which holds no key."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        ParamValidationError,
        PartialCredentialsError,
        ProfileNotFound,
    )

    try:
        yield
    except ClientError as error:
        raise _refused(address, code_of(error), _status(error)) from None
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound):
        raise _ours(
            f"there are no credentials for {address}: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        ) from None
    except ParamValidationError:
        raise _ours(f"{address} is no name of a bucket: write HISTORY_URL like {FORM}") from None
    except BotoCoreError as error:
        cause = SILENCES.get(type(error).__name__, type(error).__name__)
        raise silent_store(address, cause) from None


def within_deadline(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of an answer; a store that trickles is given up."""
    from botocore.exceptions import ReadTimeoutError

    ends_at = time.monotonic() + ANSWER_S
    for chunk in chunks:
        yield chunk
        if time.monotonic() > ends_at:
            raise ReadTimeoutError(endpoint_url="")


def _refused(address: ObjectAddress, code: str, status: int) -> OutsideError:
    if code in NO_BUCKET:
        return _ours(
            f"there is no bucket {address.bucket} at {store_name(address)}: make it, or mend "
            "HISTORY_URL"
        )
    if status in (401, 403):
        return _ours(
            f"{store_name(address)} refuses our credentials for {address} ({code or status}): look "
            "at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_PROFILE, and what they may do"
        )
    return OutsideError(
        f"{store_name(address)} refuses a request for {address} ({code or status}): repeat it, or "
        "look at the store",
        fault="theirs",
        retry=status >= 500 or status == 429,
    )


def silent_store(address: ObjectAddress, cause: str) -> OutsideError:
    """The error of a store that does not answer."""
    return OutsideError(
        f"{store_name(address)} does not answer for {address} ({cause}): look whether it runs and "
        "can be reached",
        fault="theirs",
        retry=True,
    )


def _ours(sentence: str) -> OutsideError:
    return OutsideError(sentence, fault="ours", retry=False)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def store_name(address: ObjectAddress) -> str:
    """What people call the store of an address."""
    return address.endpoint or "the object store"
