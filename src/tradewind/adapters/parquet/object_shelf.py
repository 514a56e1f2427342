"""The files of a history as objects below a prefix of a bucket: S3, or a store that speaks it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewind.adapters.parquet.files import sha256_of, sync_file
from tradewind.adapters.parquet.object_calls import (
    CONDITION_CODES,
    ObjectAddress,
    code_of,
    connected,
    translated,
    within_deadline,
)
from tradewind.adapters.parquet.part_cache import PartCache
from tradewind.adapters.parquet.shelf import Kept, Overtaken, cannot_write, matching
from tradewind.model.errors import OutsideError

PROBE = ".conditions"
"""An object with which a store shows that it keeps conditions."""
CHUNK_BYTES = 1 << 20


class ObjectShelf:
    """Objects are put whole, and on a condition: new ones where nobody has the name, small ones
    where the version is still the one that was read. So writers need no lock, and who was
    overtaken has stored nothing that counts. A store that keeps no conditions is refused.
    """

    def __init__(self, address: ObjectAddress, cache: PartCache) -> None:
        self.address = address
        self.cache = cache
        self._client: Any = connected(address)
        self._keeps_conditions = False

    def look(self) -> None:
        """Ask for the bucket; `OutsideError` where it is not there or not ours to see."""
        with translated(self.address):
            self._client.list_objects_v2(
                Bucket=self.address.bucket, Prefix=self._key(""), MaxKeys=1
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody is held off; the store is asked once whether it keeps conditions."""
        if not self._keeps_conditions:
            self._probe()
            self._keeps_conditions = True
        yield

    def prepare(self, folder: str) -> None:
        """Objects need no folders; a killed write leaves parts that nothing names."""

    def read(self, name: str) -> Kept | None:
        """A small object, None where there is none."""
        with translated(self.address):
            try:
                answer = self._client.get_object(**self._at(name))
            except self._client.exceptions.NoSuchKey:
                return None
            content = b"".join(within_deadline(answer["Body"].iter_chunks(CHUNK_BYTES)))
        return Kept(content, _version(answer))

    def replace(self, name: str, content: bytes, before: Kept | None) -> None:
        """Put a small object where the version before is still there, or none was."""
        condition = {"IfMatch": before.version} if before else {"IfNoneMatch": "*"}
        if self._put(name, content, **condition):
            return
        # A try whose answer was lost may have been the one that overtook us.
        now = self.read(name)
        if now is None or now.content != content:
            raise Overtaken(self.place(name))

    def names(self, folder: str, pattern: str) -> list[str]:
        """The names below a folder whose last piece matches a pattern."""
        start = len(self._key(""))
        prefix = self._key(f"{folder}/" if folder else "")
        with translated(self.address):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.address.bucket, Prefix=prefix
            )
            keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return matching((key[start:] for key in keys), pattern)

    def remove(self, name: str) -> None:
        """Take an object away."""
        with translated(self.address):
            self._client.delete_object(**self._at(name))

    def copy(self, name: str, sha256: str) -> Path:
        """The object in the cache of this computer, fetched where it is not there yet."""
        kept = self.cache.path(sha256)
        if self.cache.has(sha256):
            return kept
        draft = self.draft(name)
        try:
            if self._fetch(name, draft) == sha256:
                self.cache.take(draft, sha256)
        finally:
            draft.unlink(missing_ok=True)
        return kept

    def sha256(self, name: str) -> str | None:
        """The hash of an object as the store gives it now."""
        draft = self.draft(name)
        try:
            return self._fetch(name, draft)
        finally:
            draft.unlink(missing_ok=True)

    def draft(self, name: str) -> Path:
        """A file of this process that no other write uses."""
        return self.cache.draft()

    def bring(self, drafts: dict[str, Path]) -> None:
        """Put each new data object; its draft becomes part of the cache."""
        waiting = dict(drafts)
        try:
            for name, draft in drafts.items():
                if not self._put(name, draft.read_bytes(), IfNoneMatch="*"):
                    raise Overtaken(self.place(name))
                del waiting[name]
                self.cache.take(draft, sha256_of(draft))
        finally:
            # Of what failed nobody knows whose object bears the name now: it is not removed.
            for name, draft in waiting.items():
                del drafts[name]
                draft.unlink(missing_ok=True)

    def place(self, name: str) -> str:
        """The address of a name."""
        return f"{self.address}/{name}"

    def _put(self, name: str, content: bytes, **condition: str) -> bool:
        """True when it is stored, False where its condition does not hold."""
        with translated(self.address):
            try:
                self._client.put_object(**self._at(name), Body=content, **condition)
            except self._client.exceptions.ClientError as error:
                if code_of(error) in CONDITION_CODES:
                    return False
                raise
        return True

    def _fetch(self, name: str, target: Path) -> str | None:
        """Write an object into a file; its hash, None where there is none."""
        digest = hashlib.sha256()
        with translated(self.address):
            try:
                answer = self._client.get_object(**self._at(name))
            except self._client.exceptions.NoSuchKey:
                return None
            try:
                with target.open("wb") as file:
                    for chunk in within_deadline(answer["Body"].iter_chunks(CHUNK_BYTES)):
                        digest.update(chunk)
                        file.write(chunk)
                sync_file(target)
            except OSError as error:
                raise cannot_write(target, error.strerror or str(error)) from error
        return digest.hexdigest()

    def _probe(self) -> None:
        """Refuse a store that overwrites where it was told not to, or cannot where it may."""
        self._put(PROBE, b"1", IfNoneMatch="*")
        found = self.read(PROBE)
        keeps = (
            found is not None
            and not self._put(PROBE, b"2", IfNoneMatch="*")
            and not self._put(PROBE, b"3", IfMatch="0" * 32)
            and self._put(PROBE, found.content, IfMatch=found.version)
        )
        if not keeps:
            raise OutsideError(
                f"the store of {self.address} does not keep conditions (If-Match, If-None-Match), "
                "so that two writers could lose rows: take one that does, or a folder",
                fault="theirs",
                retry=False,
            )

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.address.bucket, "Key": self._key(name)}

    def _key(self, name: str) -> str:
        return f"{self.address.prefix}/{name}" if self.address.prefix else name


def _version(answer: dict[str, Any]) -> str:
    # Ceph compares what it is told byte by byte with its own, which has no quotes; S3 takes both.
    return str(answer["ETag"]).strip('"')
