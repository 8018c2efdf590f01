"""Kafka's settings as keys.sh writes them, on a real broker: Rasid logs in with its password and sets up, nobody else does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from rasid.cluster.refusal import Refused
from rasid.cluster.setup import set_up
from rasid.settings import Settings
from tests.compose.composed import services
from tests.compose.test_scripts import SHARES, run_script
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here"),
]


class WithLogin(KafkaServer):
    """The broker of docker-compose.yml, on ports of its own."""

    keys: Path

    def prepare(self) -> None:
        data = self.folder / "data"
        shutil.rmtree(self.keys, ignore_errors=True)
        for share in SHARES:
            (self.keys / share).mkdir(parents=True)
        assert run_script("keys.sh", KEYS=str(self.keys), KAFKA_DATA=str(data)).returncode == 0
        text = (self.keys / "kafka" / "server.properties").read_text()
        broker, controller = map(str, self.ports)
        moved = {
            "CLIENT://:9092": f"CLIENT://127.0.0.1:{broker}",
            "kafka:9092": f"127.0.0.1:{broker}",
            ":9093": f":{controller}",
        }
        for old, new in moved.items():
            assert old in text
            text = text.replace(old, new)
        self._properties.write_text(text)
        command = [*self._java, "-Xmx128m", "kafka.tools.StorageTool", "format", "-t", "rasid-compose-test-0000", "-c", self._properties]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    @property
    def password(self) -> str:
        return (self.keys / "access" / "kafka_password").read_text().strip()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithLogin]:
    server = WithLogin()
    server.keys = tmp_path_factory.mktemp("keys") / "all"
    try:
        server.start()
    except Missing as reason:
        pytest.skip(str(reason))
    yield server
    server.close()


def settings(broker: WithLogin, password: str) -> Settings:
    """As the service `setup` has them."""
    given = services("cluster")["setup"]["environment"]
    named = {
        name: given[f"RASID_{name.upper()}"]
        for name in ("kafka_security_protocol", "kafka_sasl_mechanism", "kafka_user")
    }
    return Settings(
        mode="cluster", kafka=broker.bootstrap, kafka_password=SecretStr(password), partitions=2, **named  # type: ignore[arg-type]
    )  # fmt: skip


def test_rasid_logs_in_and_makes_its_topics(broker):
    made = set_up(settings(broker, broker.password))
    assert made.first
    assert "rasid.entries" in made.created
    assert not set_up(settings(broker, broker.password)).created


@pytest.mark.parametrize("password", ["wrong", ""])
def test_another_password_is_refused(broker, password):
    with pytest.raises(Refused, match="refuses the login"):
        set_up(settings(broker, password))
