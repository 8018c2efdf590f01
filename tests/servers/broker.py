"""One Kafka broker (KRaft, its own controller) from Maven artifacts."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from tests.servers.artifacts import SOURCES, build, jars_of
from tests.servers.jdk import find_jdk
from tests.servers.process import JavaServer, ServerFailed

_JAVA = 17
_API_VERSIONS = struct.pack(">hhih", 18, 0, 1, -1)  # api key, version, correlation id, no client id


class KafkaServer(JavaServer):
    """``bootstrap`` is the address for clients. Topics are not made by themselves."""

    name = "kafka"
    port_count = 2

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.ports[0]}"

    @cached_property
    def _built(self) -> Path:
        return build(self.name, lambda folder, jars: None)

    @property
    def classes(self) -> Path:
        return self._built / "classes.jsa"

    @cached_property
    def _java(self) -> list[str]:
        jdk = find_jdk(_JAVA)
        classpath = ":".join(map(str, jars_of(self._built)))
        quiet = f"-Dlog4j2.configurationFile={SOURCES / 'log4j2.properties'}"
        small = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
        return [str(jdk / "bin" / "java"), *small, quiet, "-cp", classpath]

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def prepare(self) -> None:
        """Writes the properties and formats the data's folder."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        self._properties.write_text(self.properties(data))
        cluster = f"rasid{uuid4().hex[:17]}"  # 22 signs of base 64; one that begins with a hyphen would be refused
        kept = self.class_flags() if self.classes.exists() else []
        command = [
            *self._java,
            *kept,
            "-Xmx128m",
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            self._properties,
            *self.format_options(),
        ]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if asked.returncode:
            raise ServerFailed(f"the broker's folder cannot be formatted:\n{asked.stdout}{asked.stderr}")

    def properties(self, data: Path) -> str:
        """What the broker is told, over the folder of its data."""
        text = (SOURCES / "kafka" / "server.properties").read_text()
        known = {"@BROKER@": str(self.ports[0]), "@CONTROLLER@": str(self.ports[1]), "@DATA@": str(data)}
        for mark, value in known.items():
            text = text.replace(mark, value)
        return text

    def format_options(self) -> Sequence[str]:
        """More for the formatting of the data's folder."""
        return ()

    def command(self) -> Sequence[str | Path]:
        return [*self._java, *self.class_flags(), "-Xms64m", "-Xmx512m", "kafka.Kafka", self._properties]

    def connect(self) -> socket.socket:
        """To the listener of clients."""
        return socket.create_connection(("127.0.0.1", self.ports[0]), timeout=1)

    def is_ready(self) -> bool:
        """Whether it answers a request for its API versions, which it does once it serves."""
        try:
            with self.connect() as connection:
                connection.sendall(struct.pack(">i", len(_API_VERSIONS)) + _API_VERSIONS)
                return len(connection.recv(8)) == 8
        except OSError:
            return False
