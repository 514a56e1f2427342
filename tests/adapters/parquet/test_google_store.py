"""The history in a bucket of Google's: the port's suite over fake-gcs-server, and its faults."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.adapters.parquet.test_history import priced_by_time
from tests.servers.found import free_port
from tests.servers.google_store_server import GoogleStoreServer, running_google_store
from tradewind.adapters.net.google_token import GoogleToken
from tradewind.adapters.parquet import google_store
from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.adapters.parquet.shelf import Overtaken
from tradewind.cli.main import main
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.history import Series
from tradewind.testing.history_suite import BITCOIN, HistorySuite, same, trades
from tradewind.wiring.histories import bucket

Answer = tuple[int, dict[str, object]]
PREFIXES = itertools.count()
WRITERS = 3
WRITES = 4


@pytest.fixture(scope="module")
def store() -> Iterator[GoogleStoreServer]:
    with running_google_store() as server:
        yield server


@pytest.fixture
def url(store: GoogleStoreServer) -> str:
    return store.url(f"prefix-{next(PREFIXES)}")


@pytest.mark.long
class TestGoogleHistory(HistorySuite):
    @pytest.fixture(autouse=True)
    def _store(self, store: GoogleStoreServer) -> None:
        self.store = store

    def make(self, folder: Path) -> ParquetHistory:
        url = self.store.url(f"suite-{next(PREFIXES)}")
        return ParquetHistory(bucket(url, folder / "cache"))


def test_what_was_written_is_read_elsewhere(url: str, tmp_path: Path) -> None:
    ParquetHistory(bucket(url, tmp_path / "one")).write(trades(1, 2))
    other = ParquetHistory(bucket(url, tmp_path / "two"))
    assert other.write(trades(2, 3, price=6_000_001)).rows_added == 1
    assert same(other.read("trades", BITCOIN.id), trades(1, 2, 3))
    assert other.check(Series("trades", BITCOIN.id)) == []


def test_a_name_is_put_once_and_a_version_is_replaced_once(url: str, tmp_path: Path) -> None:
    one, other = bucket(url, tmp_path / "one"), bucket(url, tmp_path / "two")
    one.replace("a.json", b"1", None)
    with pytest.raises(Overtaken):
        other.replace("a.json", b"2", None)
    read = other.read("a.json")
    one.replace("a.json", b"3", one.read("a.json"))
    with pytest.raises(Overtaken):
        other.replace("a.json", b"4", read)
    found = other.read("a.json")
    assert found is not None
    assert found.content == b"3"
    one.remove("a.json")
    one.remove("a.json")
    assert other.read("a.json") is None


@pytest.mark.long
def test_writers_of_one_series_at_once_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    def write(number: int) -> None:
        history = ParquetHistory(bucket(url, tmp_path / str(number)))
        for turn in range(WRITES):
            rows = priced_by_time(*(turn * 20 + number + n * 2 for n in range(10)))
            for _ in range(100):
                with suppress(Overtaken):
                    history.write(rows)
                    break

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    wanted = {
        turn * 20 + number + n * 2
        for turn in range(WRITES)
        for number in range(WRITERS)
        for n in range(10)
    }
    reader = ParquetHistory(bucket(url, tmp_path / "reader"))
    assert reader.read("trades", BITCOIN.id)["time_ns"].tolist() == sorted(wanted)


def test_a_store_that_keeps_no_conditions_is_refused(url: str, tmp_path: Path) -> None:
    class Careless(google_store.GoogleStore):
        def put(self, key: str, content: bytes, before: str | None) -> bool:
            now = self.get(key)
            return super().put(key, content, now.version if now else None)

    shelf = bucket(url, tmp_path)
    assert isinstance(shelf.store, google_store.GoogleStore)
    shelf.store = Careless(shelf.address, {})
    with pytest.raises(OutsideError, match="does not keep conditions"):
        ParquetHistory(shelf).write(trades(1))


@contextmanager
def answering(answer: Callable[[str, bytes], Answer]) -> Iterator[str]:
    """A server of ours that gives the same kind of answer to GET and POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, told = answer(self.path, body)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_a_store_refuses_is_one_sentence(
    url: str,
    store: GoogleStoreServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(google_store, "PAUSE_S", 0.01)
    gone = f"http://127.0.0.1:{free_port()}"
    for address, words in [
        (url.replace("prices", "nowhere"), "there is no bucket nowhere"),
        (url.replace(store.endpoint, gone), f"{gone} does not answer for gs://prices/"),
        ("gs://ann:secret@prices/p", "HISTORY_URL has credentials in it"),
        ("gs://prices/p?region=x", "HISTORY_URL is no address of a bucket"),
    ]:
        monkeypatch.setenv("HISTORY_URL", address)
        assert main(["data", "list", "--home", str(tmp_path)]) in (1, 2)
        told = capsys.readouterr().err
        assert words in told
        assert "secret" not in told
        assert len(told.splitlines()) == 1


def test_a_store_that_does_not_let_us_in_says_what_to_look_at(tmp_path: Path) -> None:
    with answering(lambda _path, _body: (403, {})) as endpoint:
        shelf = bucket(f"gs://prices/p?endpoint={endpoint}", tmp_path)
        with pytest.raises(OutsideError, match=r"\(403\): look at GOOGLE_APPLICATION_CREDENTIALS"):
            shelf.read("a.json")


def test_a_busy_store_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_store, "PAUSE_S", 0.01)
    answers = iter([503, 429, 200])
    with answering(lambda _path, _body: (next(answers), {"items": []})) as endpoint:
        assert bucket(f"gs://prices/p?endpoint={endpoint}", tmp_path).names("", "*") == []


def test_a_service_account_shows_who_it_is_and_a_token_is_kept(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    asked: list[bytes] = []

    def give(_path: str, body: bytes) -> Answer:
        asked.append(body)
        return 200, {"access_token": f"token-{len(asked)}", "expires_in": 3600}

    with answering(give) as address:
        kept = {
            "type": "service_account", "client_email": "desk@example", "token_uri": address,
            "private_key": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        }  # fmt: skip
        file = tmp_path / "account.json"
        file.write_text(json.dumps(kept))
        given = {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}
        token = GoogleToken("Google", given, scope="read")
        assert (token.text(), token.text()) == ("token-1", "token-1")
    said = dict(urllib.parse.parse_qsl(asked[0].decode()))["assertion"]
    head, claims, signature = said.split(".")
    key.public_key().verify(
        decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    told = json.loads(decoded(claims))
    assert (told["iss"], told["aud"], told["scope"]) == ("desk@example", address, "read")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_machine_says_who_it_is_and_a_file_that_is_none_is_one_sentence(
    tmp_path: Path,
) -> None:
    with answering(lambda _path, _body: (200, {"access_token": "t", "expires_in": 60})) as address:
        machine = {"GCE_METADATA_HOST": address.removeprefix("http://")}
        assert GoogleToken("Google", machine, scope="read").text() == "t"
    file = tmp_path / "account.json"
    for content in ("", "[]", "{}", '{"type": "service_account", "client_email": 1}'):
        file.write_text(content)
        given = {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}
        with pytest.raises(UserError, match="is no file with credentials"):
            GoogleToken("Google", given, scope="read").text()
