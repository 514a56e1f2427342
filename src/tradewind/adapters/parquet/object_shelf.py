"""The files of a history as objects below a prefix of a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradewind.adapters.parquet.files import sha256_of, sync_file
from tradewind.adapters.parquet.object_calls import ObjectAddress
from tradewind.adapters.parquet.object_store import ObjectStore
from tradewind.adapters.parquet.part_cache import PartCache
from tradewind.adapters.parquet.shelf import Kept, Overtaken, cannot_write, matching
from tradewind.model.errors import OutsideError

PROBE = ".conditions"
"""An object with which a store shows that it keeps conditions."""
NEVER = {"s3": "0" * 32, "gs": "1"}
"""A version that no object has, as stores write them."""


class ObjectShelf:
    """Objects are put whole, and on a condition: new ones where nobody has the name, small ones
    where the version is still the one that was read. So writers need no lock, and who was
    overtaken has stored nothing that counts. A store that keeps no conditions is refused.
    """

    def __init__(self, address: ObjectAddress, store: ObjectStore, cache: PartCache) -> None:
        self.address = address
        self.store = store
        self.cache = cache
        self._keeps_conditions = False

    def look(self) -> None:
        """Ask for the bucket; `OutsideError` where it is not there or not ours to see."""
        self.store.look(self._key(""))

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
        return self.store.get(self._key(name))

    def replace(self, name: str, content: bytes, before: Kept | None) -> None:
        """Put a small object where the version before is still there, or none was."""
        if self._put(name, content, before.version if before else None):
            return
        # A try whose answer was lost may have been the one that overtook us.
        now = self.read(name)
        if now is None or now.content != content:
            raise Overtaken(self.place(name))

    def names(self, folder: str, pattern: str) -> list[str]:
        """The names below a folder whose last piece matches a pattern."""
        start = len(self._key(""))
        keys = self.store.keys(self._key(f"{folder}/" if folder else ""))
        return matching((key[start:] for key in keys), pattern)

    def remove(self, name: str) -> None:
        """Take an object away."""
        self.store.delete(self._key(name))

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
                if not self._put(name, draft.read_bytes(), None):
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

    def _put(self, name: str, content: bytes, before: str | None) -> bool:
        return self.store.put(self._key(name), content, before)

    def _fetch(self, name: str, target: Path) -> str | None:
        """Write an object into a file; its hash, None where there is none."""
        digest = hashlib.sha256()
        pieces = self.store.pieces(self._key(name))
        if pieces is None:
            return None
        try:
            with target.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
            sync_file(target)
        except OSError as error:
            raise cannot_write(target, error.strerror or str(error)) from error
        return digest.hexdigest()

    def _probe(self) -> None:
        """Refuse a store that overwrites where it was told not to, or cannot where it may."""
        self._put(PROBE, b"1", None)
        found = self.read(PROBE)
        keeps = (
            found is not None
            and not self._put(PROBE, b"2", None)
            and not self._put(PROBE, b"3", NEVER[self.address.scheme])
            and (self._put(PROBE, found.content, found.version) or self._has_changed(found))
        )
        if not keeps:
            raise OutsideError(
                f"the store of {self.address} does not keep conditions on writes, so that two "
                "writers could lose rows: take one that does, or a folder",
                fault="theirs",
                retry=False,
            )

    def _has_changed(self, found: Kept) -> bool:
        """True where another writer has probed meanwhile, which gives a new generation."""
        now = self.read(PROBE)
        return now is not None and now.version != found.version

    def _key(self, name: str) -> str:
        return f"{self.address.prefix}/{name}" if self.address.prefix else name
