from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from rasid.cluster import connection
from rasid.cluster.connection import PINNED, aiokafka_options, check_versions, faust_options, kafka_python_options
from rasid.errors import UsageError
from rasid.settings import load


def test_versions_are_those_that_the_extra_installs() -> None:
    text = (Path(__file__).resolve().parent.parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    for name, wanted in PINNED.items():
        assert f'"{name}=={wanted}"' in text
    check_versions()


def test_other_version_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "version", lambda name: "9.9")
    with pytest.raises(UsageError, match=r"needs faust-streaming 0\.15\.3 exactly, found 9\.9: pip install") as caught:
        check_versions()
    assert "\n" not in str(caught.value)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(connection, "version", missing)
    with pytest.raises(UsageError, match=r"pip install 'rasid\[cluster\]'"):
        check_versions()


def test_no_broker_is_said_plainly() -> None:
    with pytest.raises(UsageError, match="RASID_KAFKA"):
        aiokafka_options(load(None, kafka=" , "))


def test_sasl_over_tls_reaches_every_library() -> None:
    settings = load(
        None,
        kafka="a:9092, b:9092",
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="SCRAM-SHA-512",
        kafka_user="u",
        kafka_password="p",
    )
    for options in (aiokafka_options(settings), kafka_python_options(settings)):
        assert options["bootstrap_servers"] == ["a:9092", "b:9092"]
        assert options["security_protocol"] == "SASL_SSL"
        assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
            "SCRAM-SHA-512",
            "u",
            "p",
        )
        assert options["ssl_context"] is not None
    assert kafka_python_options(settings)["reconnect_backoff_max_ms"] == 1_000
    given = faust_options(settings)
    assert given["broker"] == ["aiokafka://a:9092", "aiokafka://b:9092"]
    credentials = given["broker_credentials"]
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert (credentials.username, credentials.password) == ("u", "p")


def test_plain_connection_has_no_credentials() -> None:
    assert "broker_credentials" not in faust_options(load(None, kafka="a:9092"))
    assert aiokafka_options(load(None, kafka="a:9092"))["ssl_context"] is None


def test_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kafka_ca .*missing\.pem: No such file"):
        aiokafka_options(load(None, kafka="a:1", kafka_security_protocol="SSL", kafka_ca=tmp_path / "missing.pem"))
