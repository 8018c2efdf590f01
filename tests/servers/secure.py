"""The broker with TLS and a login for its clients."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from tests.servers.broker import KafkaServer
from tests.servers.certificates import Certificates, make

USER = "rasid"
PASSWORD = "open sesame-9"


class SecureKafkaServer(KafkaServer):
    """``certificates`` name the authority to trust; ``USER`` and ``PASSWORD`` log in with PLAIN and SCRAM."""

    port_count = 3

    @cached_property
    def certificates(self) -> Certificates:
        folder = self.folder / "certificates"
        folder.mkdir()
        return make(folder)

    def properties(self, data: Path) -> str:
        broker, controller, internal = self.ports
        own = {
            "listeners": f"CLIENTS://127.0.0.1:{broker},INTERNAL://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"CLIENTS://127.0.0.1:{broker},INTERNAL://127.0.0.1:{internal}",
            "listener.security.protocol.map": "CLIENTS:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INTERNAL",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._keystore),
            "listener.name.clients.plain.sasl.jaas.config": _login("plain.Plain", f' user_{USER}="{PASSWORD}"'),
            "listener.name.clients.scram-sha-256.sasl.jaas.config": _login("scram.Scram"),
            "listener.name.clients.scram-sha-512.sasl.jaas.config": _login("scram.Scram"),
        }
        known = [line for line in super().properties(data).splitlines() if line.partition("=")[0] not in own]
        return "\n".join([*known, *(f"{name}={value}" for name, value in own.items())]) + "\n"

    @cached_property
    def _keystore(self) -> Path:
        """Key and certificate in one file, as the broker wants them."""
        joined = self.certificates.key.parent / "keystore.pem"
        joined.write_text(self.certificates.key.read_text() + self.certificates.shown.read_text())
        return joined

    def format_options(self) -> Sequence[str]:
        users = (f'{kind}=[name={USER},password="{PASSWORD}"]' for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512"))
        return [part for user in users for part in ("--add-scram", user)]

    def connect(self) -> socket.socket:
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        return context.wrap_socket(super().connect(), server_hostname="127.0.0.1")


def _login(module: str, more: str = "") -> str:
    return f"org.apache.kafka.common.security.{module}LoginModule required{more};"
