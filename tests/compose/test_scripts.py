"""The scripts of the image, run here: keys, the way of passwords into settings, accounts, health."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rasid.settings import Settings
from tests.compose.composed import ROOT

DOCKER = ROOT / "docker"
SHARES = ("accounts", "access", "elasticsearch", "kafka", "kibana")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


def run_script(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    first = ["sh"] if name.endswith(".sh") else [sys.executable]
    return subprocess.run(
        [*first, DOCKER / name],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for share in SHARES:
        (folder / share).mkdir()
    done = run_script("keys.sh", KEYS=str(folder))
    assert done.returncode == 0, done.stderr
    return folder


# --- keys


@needs_openssl
def test_every_password_is_long_and_differs_from_the_others(keys):
    names = ("elastic", "kibana_system", "rasid", "analyst", "kafka")
    made = [(keys / "accounts" / name).read_text().strip() for name in names]
    assert len(set(made)) == len(names)
    assert all(len(one) == 48 for one in made)


@needs_openssl
def test_nobody_but_the_owner_reads_a_key(keys):
    files = [path for path in keys.rglob("*") if path.is_file()]
    assert len(files) > 15
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


@needs_openssl
def test_made_once_they_stay_as_they_are(keys):
    before = {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()}
    assert "already" in run_script("keys.sh", KEYS=str(keys)).stdout
    assert {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()} == before


@needs_openssl
def test_the_share_of_a_client_holds_no_key_of_the_authority_and_no_other_password(keys):
    assert sorted(path.name for path in (keys / "access").iterdir()) == [
        "ca.crt", "elasticsearch_password", "kafka_password",
    ]  # fmt: skip
    assert not list(keys.glob("e*/ca.key"))


@needs_openssl
def test_the_certificate_is_trusted_under_the_names_of_the_node(keys):
    """A handshake in memory, as a client does it."""
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    server.load_cert_chain(keys / "elasticsearch" / "node.crt", keys / "elasticsearch" / "node.key")
    client.load_verify_locations(keys / "access" / "ca.crt")
    for name in ("elasticsearch", "localhost"):
        handshake(server, client, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "kibana")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    done: set[int] = set()
    for _ in range(10):
        for number, side in enumerate(sides):
            try:
                side.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                pass
    assert done == {0, 1}


@needs_openssl
def test_kibana_is_told_its_password_and_the_authority(keys):
    text = (keys / "kibana" / "kibana.yml").read_text()
    password = (keys / "accounts" / "kibana_system").read_text().strip()
    assert f'elasticsearch.password: "{password}"' in text
    assert (keys / "kibana" / "ca.crt").read_bytes() == (keys / "access" / "ca.crt").read_bytes()


# --- the way of passwords into settings


def test_the_passwords_become_settings_and_the_command_is_rasids(tmp_path):
    access, programs = tmp_path / "access", tmp_path / "bin"
    access.mkdir()
    programs.mkdir()
    (access / "elasticsearch_password").write_text("one\n")
    (access / "kafka_password").write_text("two $(three)\n")
    (programs / "rasid").write_text('#!/bin/sh\nenv | grep ^RASID_ | sort; echo "$@"\n')
    (programs / "rasid").chmod(0o755)
    done = subprocess.run(
        ["sh", DOCKER / "entrypoint.sh", "worker", "merge index"],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "ACCESS": str(access)},
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "RASID_ELASTICSEARCH_PASSWORD=one", "RASID_KAFKA_PASSWORD=two $(three)", "worker merge index",
    ]  # fmt: skip
    assert {"elasticsearch_password", "kafka_password"} <= set(Settings.model_fields)


# --- accounts


class Node(BaseHTTPRequestHandler):
    """Keeps what it is asked; answers with ``status``."""

    asked: list[tuple[str, str, dict[str, Any], str]] = []
    status = 200

    def _take(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Node.asked.append((self.command, self.path, body, self.headers["Authorization"]))
        self.send_response(Node.status)
        self.end_headers()
        self.wfile.write(b"{}")

    do_PUT = do_POST = _take  # noqa: N815 the server's names

    def do_GET(self) -> None:
        self.send_response(Node.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def listening(status: int = 200) -> Iterator[int]:
    Node.asked, Node.status = [], status
    server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    for name in ("elastic", "kibana_system", "rasid", "analyst"):
        (tmp_path / name).write_text(f"password of {name}\n")
    return tmp_path


def test_each_account_gets_its_own_password_and_no_more_rights_than_it_needs(accounts):
    with listening() as port:
        done = run_script("accounts.py", ELASTICSEARCH=f"http://127.0.0.1:{port}", ACCOUNTS=str(accounts))
    assert done.returncode == 0, done.stdout + done.stderr
    asked = {path: body for _, path, body, _ in Node.asked}
    assert asked["/_security/user/kibana_system/_password"] == {"password": "password of kibana_system"}
    assert asked["/_security/user/rasid"] == {"password": "password of rasid", "roles": ["rasid"]}
    assert asked["/_security/user/analyst"] == {"password": "password of analyst", "roles": ["viewer"]}
    assert [one["names"] for one in asked["/_security/role/rasid"]["indices"]] == [["rasid-*"]]
    assert "all" not in asked["/_security/role/rasid"]["cluster"]
    assert not any("password of" in line for line in done.stdout.splitlines())


def test_a_node_that_refuses_or_is_away_ends_it_with_the_reason(accounts):
    with listening(status=401) as port:
        done = run_script("accounts.py", ELASTICSEARCH=f"http://127.0.0.1:{port}", ACCOUNTS=str(accounts))
    assert (done.returncode, len(Node.asked)) == (1, 1)
    assert "401" in done.stdout
    away = run_script("accounts.py", ELASTICSEARCH="http://127.0.0.1:9", ACCOUNTS=str(accounts))
    assert away.returncode == 1
    assert "127.0.0.1:9" in away.stdout


# --- health


def test_a_container_is_well_when_each_of_its_processes_answers():
    with listening() as port:
        assert run_script("health.py", RASID_METRICS_PORT=str(port)).returncode == 0


@pytest.mark.parametrize("status", [503, None])
def test_a_process_that_is_not_there_or_not_well_is_seen(status):
    with listening(status or 200) as port:
        missing = port if status else 9  # nothing listens there
        done = run_script("health.py", RASID_METRICS_PORT=str(missing))
    assert done.returncode == 1
    assert f"port {missing}" in done.stdout
