"""A real object store that speaks S3: Ceph's gateway on one monitor and one store in memory."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from tests.servers.found import end, free_port, program

boto3 = pytest.importorskip("boto3", reason="the extra [aws] is not installed")
KEY = "tradewind-tests"
SECRET = "a-secret-of-the-tests"  # pragma: allowlist secret
PATIENCE_S = 60.0
COMMAND_S = 60
BUCKET = "prices"
SETTINGS = """[global]
fsid = {cluster}
mon_host = [v1:127.0.0.1:{port}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
mon_allow_pool_size_one = true
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 4294967296
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/$name.log
mon_data = {folder}/mon
osd_data = {folder}/osd
rgw_data = {folder}/rgw
keyring = {folder}/keyring
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{gateway}
rgw_thread_pool_size = 16
"""


class CephServer:
    """The gateway's address; it can be frozen and go on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._monitor_port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        cluster, store = str(uuid.uuid4()), str(uuid.uuid4())
        text = SETTINGS.format(
            cluster=cluster, folder=self.folder, port=self._monitor_port, gateway=self.port
        )
        (self.folder / "ceph.conf").write_text(text)
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        (self.folder / "keyring").touch()
        self._start_monitor(cluster)
        self._run("ceph", "osd", "new", store)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self._serve("ceph-osd", "-i", "0")
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=one")
        self._run(
            "radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=tests",
            "--display-name=tests", f"--access-key={KEY}", f"--secret-key={SECRET}",
        )  # fmt: skip
        self._serve("radosgw", "-n", "client.rgw")
        self._wait_until_answering()
        self.client().create_bucket(Bucket=BUCKET)

    def url(self, prefix: str) -> str:
        """An address as HISTORY_URL takes it."""
        return f"s3://{BUCKET}/{prefix}?endpoint={self.endpoint}"

    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id=KEY, aws_secret_access_key=SECRET,
        )  # fmt: skip

    def freeze(self) -> None:
        self._processes["radosgw"].send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._processes["radosgw"].send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        for process in reversed(self._processes.values()):
            process.kill()
            end(process)

    def _start_monitor(self, cluster: str) -> None:
        place, names = f"[v1:127.0.0.1:{self._monitor_port}]", self.folder / "monitors"
        made = ["--create", "--addv", "a", place, "--fsid", cluster, str(names)]
        self._run("monmaptool", *made)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(names))
        self._serve("ceph-mon", "-i", "a")

    def _command(self, name: str, *words: str) -> list[str]:
        package = {"radosgw-admin": "radosgw", "ceph": "ceph-common", "monmaptool": "ceph-common"}
        return [program(name, package.get(name, name)), "-c", f"{self.folder}/ceph.conf", *words]

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            self._command(name, *words), capture_output=True, text=True, timeout=COMMAND_S,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def _serve(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.out").open("wb") as out:
            self._processes[name] = subprocess.Popen(
                self._command(name, *words, "-f"), stdout=out, stderr=out, cwd=self.folder
            )

    def _wait_until_answering(self) -> None:
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError):
                urllib.request.urlopen(self.endpoint, timeout=2).close()
                return
            gateway = self._processes["radosgw"]
            assert gateway.poll() is None, (self.folder / "radosgw.out").read_text()
            assert time.monotonic() < ends_at, "the gateway does not answer"
            time.sleep(0.2)


@contextmanager
def running_ceph() -> Iterator[CephServer]:
    """The store with an empty bucket, and its key where boto3 looks for one."""
    for name in ("ceph-mon", "ceph-osd", "radosgw"):
        program(name, name)
    folder = Path(tempfile.mkdtemp(prefix="tradewind-ceph-"))
    server = CephServer(folder)
    kept = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    try:
        server.start()
        os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        yield server
    finally:
        for name, text in kept.items():
            os.environ.pop(name, None)
            if text is not None:
                os.environ[name] = text
        server.stop()
        rmtree(folder, ignore_errors=True)
