"""A gate before a local venue: passes requests on, and holds some back until it is opened."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HELD_S_MAX = 60.0
KEPT_BACK = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding"}


class Gate:
    """Passes the first `passes` requests whose path holds `word`, and all others."""

    def __init__(self, word: str, passes: int) -> None:
        self.word = word
        self.passes = passes
        self.seen = 0
        self.held = threading.Event()
        """Set when a request is held."""
        self.opened = threading.Event()
        self.url = ""
        self._lock = threading.Lock()

    def open(self) -> None:
        """Let everything through from now on."""
        self.opened.set()

    def wait(self, path: str) -> None:
        """Hold a request that is one too many, until the gate opens."""
        with self._lock:
            self.seen += self.word in path
            is_held = self.word in path and self.seen > self.passes
        if is_held:
            self.held.set()
            self.opened.wait(HELD_S_MAX)


@contextmanager
def gate_before(venue_url: str, word: str, passes: int) -> Iterator[Gate]:
    """A gate on a free port."""
    gate = Gate(word, passes)

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            gate.wait(self.path)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in KEPT_BACK}
            request = urllib.request.Request(venue_url + self.path, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    status, given, body = answer.status, answer.headers, answer.read()
            except urllib.error.HTTPError as error:
                status, given, body = error.code, error.headers, error.read()
            body = body.replace(venue_url.encode(), gate.url.encode())
            self.send_response(status)
            for name, value in given.items():
                if name.lower() not in KEPT_BACK:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Passing) as server:
        server.daemon_threads = True
        gate.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield gate
        finally:
            gate.open()
            server.shutdown()
            thread.join(10)
