"""Files as they lie on disk, plain or packed, as streams of bytes."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from tradewind.model.errors import BadData, OutsideError, UserError

DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError)


class Source(NamedTuple):
    """An open file: its bytes, what a person calls it, and the name of what is inside."""

    stream: IO[bytes]
    name: str
    member: str


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a plain file, a .gz, or a .zip of one file; `UserError` or `BadData` where it cannot.

    A file that is cut off or damaged is found at the latest when its last byte is read.
    """
    try:
        if path.suffix == ".zip":
            with _archive(path) as archive:
                member = _only_member(archive, path)
                with _opened(archive, member, path) as stream:
                    yield Source(stream, path.name, Path(member).name)
        elif path.suffix == ".gz":
            with gzip.open(path) as packed:
                yield Source(cast(IO[bytes], packed), path.name, path.stem)
        else:
            with path.open("rb") as plain:
                yield Source(plain, path.name, path.name)
    except FileNotFoundError:
        raise UserError(f"there is no file {path}: check the path") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: name the files in it") from None
    except DAMAGED as error:
        raise BadData(f"{path} is cut off or damaged ({error}): fetch it again") from None
    except OSError as error:
        raise OutsideError(
            f"cannot read {path} ({error.strerror or error}): check the disk and its permissions",
            fault="ours",
            retry=True,
        ) from error


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise BadData(f"{path} is cut off or damaged ({error}): fetch it again") from None


def _opened(archive: zipfile.ZipFile, member: str, path: Path) -> IO[bytes]:
    try:
        return archive.open(member)
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a rare way
        raise BadData(f"{path} cannot be unpacked here ({error}): unpack it first") from None


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    members = [name for name in archive.namelist() if not name.endswith("/")]
    if len(members) != 1:
        raise BadData(f"{path} holds {len(members)} files: unpack it and name the one you want")
    return members[0]
