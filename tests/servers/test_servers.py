"""The servers themselves: what tests rely on when they end, kill and pause them."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest

from tests.servers.broker import KafkaServer
from tests.servers.fixtures import shared
from tests.servers.here import missing
from tests.servers.jdk import Missing, find_jdk
from tests.servers.node import ElasticsearchServer
from tests.servers.process import _guard, free_ports


def test_a_java_that_is_not_here_is_said_plainly():
    with pytest.raises(Missing, match="no JDK of version 99 or newer"):
        find_jdk(99)


def test_what_the_servers_lack_is_said_with_their_name(monkeypatch):
    def none(least):
        raise Missing("no JDK")

    monkeypatch.setattr("tests.servers.broker.find_jdk", none)
    assert missing() == "kafka: no JDK"


def test_free_ports_are_apart():
    assert len(set(free_ports(20))) == 20


def test_a_server_does_not_outlive_the_process_that_started_it():
    server = subprocess.Popen(["sleep", "600"])
    guard = _guard(server.pid)
    assert guard.stdin is not None
    guard.stdin.close()  # as when the process of the tests is gone
    assert server.wait(10) == -9
    guard.wait(10)


def test_a_server_that_has_ended_is_not_looked_for_again():
    server = subprocess.Popen(["sleep", "600"])
    guard = _guard(server.pid)
    guard.communicate(b"ended\n")
    assert guard.returncode == 0
    assert server.poll() is None
    server.kill()
    server.wait(10)


@pytest.mark.server
def test_a_broker_keeps_its_records_and_its_address_over_a_kill():
    kafka = pytest.importorskip("kafka")
    server = shared(KafkaServer)
    address = server.bootstrap
    producer = kafka.KafkaProducer(bootstrap_servers=address, acks="all")
    admin = kafka.KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([kafka.admin.NewTopic("kept", 1, 1)])
    admin.close()
    for number in range(100):
        producer.send("kept", str(number).encode())
    producer.flush(30)
    producer.close()
    server.kill()
    assert not server.running
    server.start()
    assert server.bootstrap == address
    consumer = kafka.KafkaConsumer(
        "kept", bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    assert [next(consumer).value for _ in range(100)] == [str(number).encode() for number in range(100)]
    consumer.close()


@pytest.mark.server
def test_a_broker_makes_no_topic_by_itself():
    kafka = pytest.importorskip("kafka")
    producer = kafka.KafkaProducer(bootstrap_servers=shared(KafkaServer).bootstrap, max_block_ms=500)
    with pytest.raises(kafka.errors.KafkaError):
        producer.send("nobody-made-this", b"x")
    producer.close()


@pytest.mark.server
def test_a_node_comes_back_on_its_address_after_a_restart_and_a_pause():
    server = shared(ElasticsearchServer)
    url, pid = server.url, server.pid
    server.pause()
    assert not server.is_ready()
    server.resume()
    assert server.is_ready()
    assert server.pid == pid
    server.restart()
    assert server.url == url
    assert b'"number":"9.' in urllib.request.urlopen(url, timeout=10).read()
