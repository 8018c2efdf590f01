"""How the cluster's clients reach the broker: one description in the settings, the forms that each library takes."""

from __future__ import annotations

import ssl
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rasid.errors import UsageError
from rasid.settings import Settings

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "kafka-python": "3.0.12"}
"""The end of a recovery is replaced in faust, and what replaces it was tested with these alone."""

RECONNECT_MOST_MS = 1_000
"""With the default of kafka-python a broker that is back is found again after up to 35 s instead of 4."""


def check_versions() -> None:
    """Raises UsageError, in one line, where the libraries are missing or not those that were tested."""
    for name, wanted in PINNED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            raise UsageError(f"the cluster needs {name} {wanted}: pip install 'rasid[cluster]'") from None
        if found != wanted:
            raise UsageError(f"the cluster needs {name} {wanted} exactly, found {found}: pip install 'rasid[cluster]'")


def servers(settings: Settings) -> list[str]:
    """The bootstrap addresses. Raises UsageError where there are none."""
    found = [part.strip() for part in settings.kafka.split(",") if part.strip()]
    if not found:
        raise UsageError("no Kafka broker: set RASID_KAFKA (host:port, several with commas)")
    return found


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """For a protocol with TLS, else None. Raises UsageError for a certificate that cannot be read."""
    if "SSL" not in settings.kafka_security_protocol:
        return None
    try:
        return ssl.create_default_context(cafile=str(settings.kafka_ca) if settings.kafka_ca else None)
    except OSError as error:
        raise UsageError(f"kafka_ca {settings.kafka_ca}: {error.strerror}") from None


def _common(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": servers(settings),
        "security_protocol": settings.kafka_security_protocol,
        "ssl_context": ssl_context(settings),
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options


def aiokafka_options(settings: Settings) -> dict[str, Any]:
    """What every client of aiokafka is given."""
    return _common(settings)


def kafka_python_options(settings: Settings) -> dict[str, Any]:
    """What every client of kafka-python is given."""
    return {**_common(settings), "reconnect_backoff_max_ms": RECONNECT_MOST_MS}


def faust_options(settings: Settings) -> dict[str, Any]:
    """The broker and its credentials as faust takes them."""
    from faust import SASLCredentials, SSLCredentials

    options: dict[str, Any] = {"broker": [f"aiokafka://{server}" for server in servers(settings)]}
    protocol, context = settings.kafka_security_protocol, ssl_context(settings)
    if protocol == "SSL":
        options["broker_credentials"] = SSLCredentials(context=context)
    elif protocol.startswith("SASL"):
        options["broker_credentials"] = SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return options
