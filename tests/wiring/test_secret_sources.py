"""Secrets that are kept elsewhere: each source over real sockets, and settings that name them.

AWS is moto's server, age is age itself. Vault, Azure and Google answer here as their documents
say: small servers of ours, since none of theirs is to be had; docs/operations/security.md says so.
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.servers.found import program
from tradewind.model.errors import OutsideError
from tradewind.ports.secrets import SecretReference, parsed_reference
from tradewind.wiring.catalog import JWT_SECRET
from tradewind.wiring.secret_sources import SecretSources
from tradewind.wiring.settings import MASK, read_settings
from tradewind.wiring.venue_settings import ALPACA_SECRET

Answer = tuple[int, dict[str, Any]]
SECRET = "d8a1f6c2e94b70735f1e2a6b8c9d0e1f"
VAULT_TOKEN = "hvs.local-token"


@contextmanager
def answering(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """A server on a free loopback port; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, {key.lower(): v for key, v in self.headers.items()})
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read(text: str, environment: dict[str, str]) -> str:
    reference = parsed_reference(text)
    assert reference is not None
    return SecretSources(environment, lambda name: environment.get(name, "")).read(reference)


def vault_answer(path: str, headers: dict[str, str]) -> Answer:
    if headers.get("x-vault-token") != VAULT_TOKEN:
        return 403, {"errors": ["permission denied"]}
    if path.startswith("/v1/sealed/"):
        return 503, {"errors": ["Vault is sealed"]}
    if path.partition("?")[0] != "/v1/secret/data/trading/alpaca":
        return 404, {"errors": []}
    return 200, {"data": {"data": {"api_key": "k", "secret": SECRET}, "metadata": {"version": 3}}}


@pytest.fixture
def vault() -> Iterator[dict[str, str]]:
    pytest.importorskip("hvac")
    with answering(vault_answer) as address:
        yield {"VAULT_ADDR": address, "VAULT_TOKEN": VAULT_TOKEN}


def test_vault_gives_a_field_of_the_newest_version(vault: dict[str, str]) -> None:
    assert read("vault:secret/trading/alpaca#secret", vault) == SECRET


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("vault:secret/trading/other#secret", {}, "has no vault:secret/trading/other#secret"),
        ("vault:secret/trading/alpaca#none", {}, "has no vault:secret/trading/alpaca#none"),
        ("vault:secret/trading/alpaca", {}, "name one of its fields"),
        ("vault:sealed/trading/alpaca#a", {}, "is sealed"),
        ("vault:secret/trading/alpaca#secret", {"VAULT_TOKEN": "x"}, "does not let this token"),
        ("vault:secret/trading/alpaca#secret", {"VAULT_TOKEN": ""}, "set VAULT_TOKEN"),
        ("vault:secret/a#b", {"VAULT_ADDR": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
)
def test_what_vault_does_not_give_is_one_sentence_without_the_token(
    vault: dict[str, str], text: str, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(OutsideError, match=sentence) as caught:
        read(text, vault | given)
    assert VAULT_TOKEN not in str(caught.value)


def test_aws_gives_a_secret_and_a_field_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    server_module = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        client = boto3.client("secretsmanager")
        client.create_secret(Name="desk/jwt", SecretString=SECRET)
        client.create_secret(Name="desk/alpaca", SecretString=json.dumps({"secret": "s"}))
        assert read("aws:desk/jwt", {}) == SECRET
        assert read("aws:desk/alpaca#secret", {}) == "s"
        with pytest.raises(OutsideError, match="has no field key in desk/alpaca"):
            read("aws:desk/alpaca#key", {})
        with pytest.raises(OutsideError, match="ResourceNotFoundException"):
            read("aws:desk/none", {})
    finally:
        server.stop()


def azure_answer(path: str, headers: dict[str, str]) -> Answer:
    if path == "/tenant/oauth2/v2.0/token" or (
        path.startswith("/metadata/identity/oauth2/token?") and headers.get("metadata") == "true"
    ):
        return 200, {"access_token": "azure-token"}
    if headers.get("authorization") != "Bearer azure-token":
        return 401, {}
    if path == "/secrets/jwt?api-version=7.4":
        return 200, {"value": SECRET, "id": "x"}
    return 404, {"error": {"code": "SecretNotFound"}}


def test_azure_gives_a_secret_to_a_client_and_to_a_machine() -> None:
    with answering(azure_answer) as address:
        machine = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": address}
        client = {
            "AZURE_AUTHORITY_HOST": address,
            "AZURE_TENANT_ID": "tenant",
            "AZURE_CLIENT_ID": "client",
            "AZURE_CLIENT_SECRET": "secret",
        }
        assert read(f"azure:{address}/jwt", machine) == SECRET
        assert read(f"azure:{address}/jwt", client) == SECRET
        with pytest.raises(OutsideError, match="Azure Key Vault refused with 404"):
            read(f"azure:{address}/other", machine)


def gcp_answer(path: str, headers: dict[str, str]) -> Answer:
    if path.endswith("/default/token") and headers.get("metadata-flavor") == "Google":
        return 200, {"access_token": "google-token"}
    if headers.get("authorization") != "Bearer google-token":
        return 401, {}
    if path == "/v1/projects/desk/secrets/jwt/versions/latest:access":
        return 200, {"payload": {"data": base64.b64encode(SECRET.encode()).decode()}}
    return 404, {}


def test_google_gives_the_newest_version_of_a_secret() -> None:
    with answering(gcp_answer) as address:
        given = {
            "GCE_METADATA_HOST": address.removeprefix("http://"),
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": address,
        }
        assert read("gcp:projects/desk/secrets/jwt", given) == SECRET
        with pytest.raises(OutsideError, match="Google Secret Manager refused with 404"):
            read("gcp:projects/desk/secrets/other", given)


@pytest.fixture
def age_file(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A file that age itself encrypted, and the identity that opens it."""
    pytest.importorskip("pyrage")
    age, keygen = program("age", "age"), program("age-keygen", "age")
    identity, sealed = tmp_path / "identity.txt", tmp_path / "secrets.age"
    subprocess.run([keygen, "-o", str(identity)], check=True, capture_output=True)
    found = subprocess.run([keygen, "-y", str(identity)], check=True, capture_output=True)
    plain = f"# of the desk\nJWT_SECRET={SECRET}\nALPACA_SECRET_KEY='s'\n".encode()
    command = [age, "-r", found.stdout.decode().strip(), "-o", str(sealed)]
    subprocess.run(command, input=plain, check=True)
    return sealed, {"AGE_IDENTITY_FILE": str(identity)}


def test_an_age_file_gives_its_names(age_file: tuple[Path, dict[str, str]]) -> None:
    path, given = age_file
    assert read(f"age:{path}#JWT_SECRET", given) == SECRET
    with pytest.raises(OutsideError, match="has no OTHER"):
        read(f"age:{path}#OTHER", given)
    stranger = path.with_name("stranger.txt")
    subprocess.run(
        [program("age-keygen", "age"), "-o", str(stranger)], check=True, capture_output=True
    )
    with pytest.raises(OutsideError, match="does not open"):
        read(f"age:{path}#JWT_SECRET", {"AGE_IDENTITY_FILE": str(stranger)})


def test_settings_that_name_a_secret_get_it_and_say_where_it_came_from(
    age_file: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    path, given = age_file
    environment = given | {
        "JWT_SECRET": f"age:{path}#JWT_SECRET",
        "ALPACA_SECRET_KEY": f"age:{path}#ALPACA_SECRET_KEY",
    }
    settings, faults = read_settings({}, environment=environment, folder=tmp_path)
    assert faults == []
    assert (settings[JWT_SECRET], settings[ALPACA_SECRET]) == (SECRET, "s")
    assert settings.shown(JWT_SECRET) == MASK
    assert settings.where(JWT_SECRET) == f"environment JWT_SECRET, age:{path}#JWT_SECRET"


def test_a_secret_that_cannot_be_had_is_a_fault_of_its_setting(tmp_path: Path) -> None:
    environment = {"JWT_SECRET": "age:/nowhere/secrets.age#JWT_SECRET"}
    _, faults = read_settings({}, environment=environment, folder=tmp_path)
    (fault,) = [each for each in faults if each.startswith("gateway.jwt_secret")]
    assert "set AGE_IDENTITY_FILE" in fault


@pytest.mark.parametrize("text", ["vault:", "vault:a b", "redis://x", "s3:x", "vault:a#b#c", ""])
def test_what_is_no_reference_is_a_plain_value(text: str) -> None:
    assert parsed_reference(text) is None


def test_a_reference_is_written_as_it_was_read() -> None:
    assert str(SecretReference("aws", "desk/jwt")) == "aws:desk/jwt"
    assert str(parsed_reference("vault:a/b#c")) == "vault:a/b#c"
