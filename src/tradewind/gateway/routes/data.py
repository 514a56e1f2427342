"""Stored market data: what there is, uploads and their import, downloads."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tradewind.api import job_answers, market_answers
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.bodies import check_type
from tradewind.gateway.described import acts, answers
from tradewind.gateway.job_commands import UPLOADS_FOLDER
from tradewind.gateway.job_schemas import NewDownload, NewImport
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.routes.jobs import queue
from tradewind.model.errors import UserError
from tradewind.ports.history import Entry

router = APIRouter(prefix="/api/v1/data", tags=["data"])

MarketReader = Annotated[Principal, require(Permission.READ_MARKET)]
Importer = Annotated[Principal, require(Permission.IMPORT_DATA)]
UPLOAD_BYTES_MAX = 256 * 1024 * 1024
UPLOAD_S_MAX = 300
"""How long a file may take to arrive."""
UPLOADS_MAX = 20
"""Files that may wait for their import; beyond it the oldest goes where it is a day old."""
UPLOAD_KEPT_S = 86_400
SPACE_LEFT_MIN = 1 << 30
"""Bytes that stay free on the disk, which the journal needs more."""
UPLOAD_TYPE = "application/octet-stream"
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {UPLOAD_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/series", summary="Stored series", **answers(market_answers.StoredSeriesList))
async def series(request: Request, services: UseServices, principal: MarketReader) -> Response:
    """Every series of the history with its rows and times."""
    found = await run_in_threadpool(services.history.entries)
    return reply(request, {"series": [_row(entry) for entry in found]})


_uploading = answers(job_answers.Uploaded)
_uploading["openapi_extra"] |= UPLOAD_BODY


@router.post("/uploads", status_code=201, summary="Upload a file for an import", **_uploading)
async def upload(request: Request, services: UseServices, principal: Importer) -> Response:
    """Take a file's bytes (`application/octet-stream`), bounded in size and time.

    It gets a name of ours, is readable for this program alone, and is only ever read as data.
    """
    check_type(request.headers, UPLOAD_TYPE)
    folder = services.home / UPLOADS_FOLDER
    await run_in_threadpool(_make_room, folder)
    upload_id = secrets.token_hex(16)
    try:
        async with asyncio.timeout(UPLOAD_S_MAX):
            size, digest = await _receive(request, folder / upload_id)
    except (TimeoutError, ClientDisconnect):
        raise Problem(408, f"the file did not arrive in {UPLOAD_S_MAX} s") from None
    await trail.note(request, "file uploaded", upload_id, size_bytes=size, sha256=digest)
    body = {"upload_id": upload_id, "size_bytes": size, "sha256": digest}
    return reply(request, body, status=201)


@router.post(
    "/imports", status_code=202, summary="Import an uploaded file", **acts(job_answers.JobQueued)
)
async def new_import(
    request: Request, wanted: NewImport, services: UseServices, principal: Importer
) -> Response:
    """Put it in the queue; all rows are stored, or none."""
    if not (services.home / UPLOADS_FOLDER / wanted.upload_id).is_file():
        raise Problem(404, "there is no such upload: send the file to /api/v1/data/uploads")
    return await queue(request, services, principal, "import", wanted)


@router.post(
    "/downloads", status_code=202, summary="Download a venue's past", **acts(job_answers.JobQueued)
)
async def new_download(
    request: Request, wanted: NewDownload, services: UseServices, principal: Importer
) -> Response:
    """Put it in the queue; what is there already is not fetched again."""
    if wanted.kind == "bars" and not wanted.timeframe:
        raise UserError("timeframe is missing: say which bars, like 1m")
    return await queue(request, services, principal, "download", wanted)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.series.kind,
        "instrument": entry.series.instrument_id,
        "timeframe": entry.series.timeframe or "",
        "rows": entry.rows,
        "first_time_ns": entry.first_ns,
        "last_time_ns": entry.last_ns,
        "files": entry.files,
        "size_bytes": entry.size_bytes,
    }


async def _receive(request: Request, path: Path) -> tuple[int, str]:
    """Write the body to a file of our own; its size and SHA-256. A file that fails is removed."""
    size, digest, is_whole = 0, hashlib.sha256(), False
    # The umask cannot be relied on, so the mode is given with the file's making.
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        try:
            async for block in request.stream():
                size += len(block)
                if size > UPLOAD_BYTES_MAX:
                    raise Problem(413, f"the file is larger than {UPLOAD_BYTES_MAX} bytes")
                digest.update(block)
                await run_in_threadpool(file.write, block)
            if not size:
                raise Problem(400, "the file is empty")
            is_whole = True
        finally:
            if not is_whole:
                path.unlink(missing_ok=True)
    return size, digest.hexdigest()


def _make_room(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in list(folder.iterdir()):
        if time.time() - file.stat().st_mtime > UPLOAD_KEPT_S:
            file.unlink(missing_ok=True)
    if len(list(folder.iterdir())) >= UPLOADS_MAX:
        raise Problem(409, f"{UPLOADS_MAX} uploads wait: import them, or wait a day")
    if shutil.disk_usage(folder).free < SPACE_LEFT_MIN + UPLOAD_BYTES_MAX:
        raise Problem(503, "the disk is too full for uploads: free some space")
