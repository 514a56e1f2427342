"""The bucket of a store that speaks S3, by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tradewind.adapters.parquet.object_calls import (
    CONDITION_CODES,
    ObjectAddress,
    code_of,
    connected,
    translated,
    within_deadline,
)
from tradewind.adapters.parquet.shelf import Kept

CHUNK_BYTES = 1 << 20


class S3Store:
    """Conditions are `If-None-Match` and `If-Match` with the ETag."""

    def __init__(self, address: ObjectAddress) -> None:
        self.address = address
        self.client: Any = connected(address)

    def look(self, prefix: str) -> None:
        """Ask for the bucket."""
        with translated(self.address):
            self.client.list_objects_v2(Bucket=self.address.bucket, Prefix=prefix, MaxKeys=1)

    def get(self, key: str) -> Kept | None:
        """A small object and its ETag."""
        with translated(self.address):
            try:
                answer = self.client.get_object(**self._at(key))
            except self.client.exceptions.NoSuchKey:
                return None
            content = b"".join(within_deadline(answer["Body"].iter_chunks(CHUNK_BYTES)))
        return Kept(content, _version(answer))

    def pieces(self, key: str) -> Iterator[bytes] | None:
        """A large object piece by piece."""
        with translated(self.address):
            try:
                answer = self.client.get_object(**self._at(key))
            except self.client.exceptions.NoSuchKey:
                return None
        return self._translated_pieces(answer["Body"].iter_chunks(CHUNK_BYTES))

    def put(self, key: str, content: bytes, before: str | None) -> bool:
        """Put an object on a condition."""
        condition = {"IfNoneMatch": "*"} if before is None else {"IfMatch": before}
        with translated(self.address):
            try:
                self.client.put_object(**self._at(key), Body=content, **condition)
            except self.client.exceptions.ClientError as error:
                if code_of(error) in CONDITION_CODES:
                    return False
                raise
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with a prefix."""
        with translated(self.address):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.address.bucket, Prefix=prefix
            )
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", ()))

    def delete(self, key: str) -> None:
        """Take an object away."""
        with translated(self.address):
            self.client.delete_object(**self._at(key))

    def _translated_pieces(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        with translated(self.address):
            yield from within_deadline(chunks)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.address.bucket, "Key": key}


def _version(answer: dict[str, Any]) -> str:
    # Ceph compares what it is told byte by byte with its own, which has no quotes; S3 takes both.
    return str(answer["ETag"]).strip('"')
