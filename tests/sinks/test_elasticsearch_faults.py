"""A node that is away, busy, blocked, of another version, or that wants to know who asks: on a real one, with faults in front."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from contracts.index import Query
from contracts.outcomes import Unavailable
from sinks.elasticsearch import ElasticsearchIndex, ElasticsearchSettings, IndexRefused
from tests.servers.process import free_ports
from tests.servers.proxy import FaultyProxy
from tests.sinks.events import event

pytestmark = pytest.mark.server

MANY = [event(f"202210-{n:03}") for n in range(60)]
ALL = [found.id for found in MANY]


def ids(index) -> list[str]:
    index.refresh()
    return [found.id for found in index.export(Query())]


# --- busy


@pytest.mark.parametrize("storm", [["429"] * 4, ["503", "429", "503"], ["half"] * 5, ["429", "half", "503", "half"]])
def test_a_busy_node_is_asked_again_until_every_document_is_there(node, storm):
    waited: list[float] = []
    with FaultyProxy(node.url) as proxy:
        proxy.faults.extend(storm)
        index = node.index(urls=(proxy.url,), sleep=waited.append)
        index.write(MANY)
        assert not proxy.faults
        assert ids(index) == ALL
    assert len(waited) == len(storm)
    assert waited[-1] > waited[0], "each pause is longer"


def test_a_node_that_stays_busy_is_waited_for_by_the_caller_and_nothing_is_lost(node):
    waited: list[float] = []
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,), sleep=waited.append, busy_seconds=10.0)
        proxy.faults.extend(["429"] * 100)
        with pytest.raises(Unavailable, match="busy: the queue is full"):
            index.write(MANY)
        assert 10.0 <= sum(waited) < 20.0
        proxy.faults.clear()
        index.write(MANY)
        assert ids(index) == ALL


def test_a_cut_connection_is_unavailable_and_the_next_write_mends_it(node):
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,))
        index.setup()
        proxy.faults.append("cut")
        with pytest.raises(Unavailable, match="cannot be reached"):
            index.write(MANY)
        index.write(MANY)
        assert ids(index) == ALL


def test_a_busy_search_is_unavailable(node):
    with FaultyProxy(node.url, only="/_search") as proxy:
        index = node.index(urls=(proxy.url,))
        proxy.faults.extend(["503"])
        with pytest.raises(Unavailable, match="not ready"):
            index.search(Query())
        assert index.search(Query()).total == 0


# --- away


def test_a_killed_node_is_waited_for_and_what_was_acknowledged_is_there(node, elasticsearch_server):
    index = node.index(request_seconds=5.0)
    index.write(MANY[:30])
    elasticsearch_server.kill()
    with pytest.raises(Unavailable, match="cannot be reached"):
        index.write(MANY)
    with pytest.raises(Unavailable):
        index.search(Query())
    elasticsearch_server.start()
    assert ids(index) == ALL[:30]
    index.write(MANY)
    assert ids(index) == ALL


def test_a_node_that_hangs_is_unavailable_after_the_time_of_a_request(node, elasticsearch_server):
    index = node.index(request_seconds=1.0)
    index.setup()
    elasticsearch_server.pause()
    try:
        with pytest.raises(Unavailable):
            index.write(MANY)
    finally:
        elasticsearch_server.resume()
    patient = node.index()
    patient.write(MANY)
    assert ids(patient) == ALL


def test_an_address_without_a_node_is_unavailable():
    index = ElasticsearchIndex(ElasticsearchSettings(urls=(f"http://127.0.0.1:{free_ports(1)[0]}",)))
    with pytest.raises(Unavailable, match="cannot be reached"):
        index.setup()
    index.close()


@pytest.mark.parametrize("block", ["index.blocks.read_only_allow_delete", "index.blocks.write"])
def test_a_full_disk_is_unavailable_until_the_block_is_lifted(node, block):
    index = node.index()
    index.write(MANY[:1])
    name = f"{node.prefix}-events-2022.10"
    node.client.indices.put_settings(index=name, settings={block: True})
    with pytest.raises(Unavailable, match="does not take writes"):
        index.write(MANY)
    node.client.indices.put_settings(index=name, settings={block: None})
    index.write(MANY)
    assert ids(index) == ALL


# --- the wrong node, or the wrong user


def test_a_server_of_another_major_version_is_refused_plainly(node):
    with FaultyProxy(node.url) as proxy:
        proxy.answers["/"] = (200, {"version": {"number": "8.19.4"}})
        with pytest.raises(IndexRefused, match=r"version 8\.19\.4: Rasid needs a server of version 9"):
            node.index(urls=(proxy.url,)).write([event()])
    assert node.indices() == []


def refusal(kind: str, status: int) -> tuple[int, dict]:
    return status, {"error": {"type": kind, "reason": "not so"}, "status": status}


def test_an_older_server_that_does_not_know_our_requests_is_refused_as_such(node):
    with FaultyProxy(node.url) as proxy:
        proxy.answers["/"] = refusal("media_type_header_exception", 400)
        with pytest.raises(IndexRefused, match="needs a server of version 9"):
            node.index(urls=(proxy.url,)).setup()


def test_what_is_not_elasticsearch_is_refused_as_such(node):
    with FaultyProxy(node.url) as proxy:
        proxy.product = False
        with pytest.raises(IndexRefused, match="not an Elasticsearch node"):
            node.index(urls=(proxy.url,)).setup()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_user_is_no_outage_whether_at_the_start_or_later(node, status):
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,))
        proxy.answers["/_bulk"] = refusal("security_exception", status)
        with pytest.raises(IndexRefused, match="user or key: not so"):
            index.write(MANY)
        proxy.answers["/"] = refusal("security_exception", status)
        with pytest.raises(IndexRefused, match="user or key: not so"):
            index.setup()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate for loopback, signed by itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "ca.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run([*command, *more], check=True, capture_output=True, timeout=60)
    return made, key


def test_tls_is_trusted_by_the_authority_that_is_named_and_by_no_other(node, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with FaultyProxy(node.url, tls=context) as proxy:
        index = node.index(urls=(proxy.url,), ca_certs=str(certificate[0]))
        index.write(MANY)
        assert ids(index) == ALL
        with pytest.raises(IndexRefused, match="certificate of Elasticsearch is not trusted"):
            node.index(urls=(proxy.url,)).setup()


@pytest.mark.parametrize(
    ("access", "header"),
    [
        ({"api_key": "c2VjcmV0"}, "ApiKey c2VjcmV0"),
        ({"username": "rasid", "password": "سر"}, f"Basic {base64.b64encode('rasid:سر'.encode()).decode()}"),
    ],
)
def test_every_request_says_who_asks(node, access, header):
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,), **access)
        index.write([event()])
        index.search(Query(text="جاسم"))
        assert {request.headers.get("authorization") for request in proxy.seen} == {header}


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "k", "username": "u"},
        {"urls": ("127.0.0.1:9200",)},
        {"urls": ("https://127.0.0.1:9200",), "ca_certs": "/nowhere/ca.pem"},
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_sent(settings):
    with pytest.raises(IndexRefused, match="settings of Elasticsearch"):
        ElasticsearchIndex(ElasticsearchSettings(**settings))
