"""One Elasticsearch 9 node from Maven artifacts, with the analysis parts that no registry holds built beside it."""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from tests.servers.artifacts import SOURCES, build, jars_of
from tests.servers.jdk import find_jdk
from tests.servers.process import JavaServer

_JAVA = 21
_HEAP = "384m"
_PLUGIN = "ArabicAnalysis"
_DESCRIPTOR = "META-INF/es-plugins/transport-netty4/plugin-descriptor.properties"


class ElasticsearchServer(JavaServer):
    """``url`` is the address for clients: plain HTTP, without users. ``more`` are settings of the node beside those of every test."""

    name = "elasticsearch"
    port_count = 2

    def __init__(self, more: Mapping[str, str | int] | None = None) -> None:
        super().__init__()
        self._more = more or {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @cached_property
    def _jdk(self) -> Path:
        return find_jdk(_JAVA)

    @cached_property
    def _built(self) -> Path:
        return build(self.name, self._make)

    @property
    def classes(self) -> Path:
        return self._built / "classes.jsa"

    def command(self) -> Sequence[str | Path]:
        classpath = ":".join(map(str, [self._built / "launcher.jar", *_server_jars(jars_of(self._built))]))
        return [
            self._jdk / "bin" / "java",
            f"-Xms{_HEAP}",
            f"-Xmx{_HEAP}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            *self.class_flags(),
            f"-Des.path.home={self._home}",
            "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classpath,
            "Launcher",
            self._home,
            self.folder / "data",
            *map(str, self.ports),
        ]

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    def prepare(self) -> None:
        """A home of its own, so that nodes share no folder: the modules are those that were built."""
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        for name in ("config", "logs", "plugins"):
            (self._home / name).mkdir(parents=True)
        more = "".join(f"{name}: {value}\n" for name, value in self._more.items())
        (self._home / "config" / "elasticsearch.yml").write_text(more)
        shutil.copy(SOURCES / "log4j2.properties", self._home / "config")
        (self._home / "modules").symlink_to(self._built / "modules")

    def is_ready(self) -> bool:
        """Whether its cluster of one has a master and every shard that it knows is there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=5)
        try:
            connection.request("GET", "/_cluster/health?filter_path=status")
            answer = connection.getresponse()
            return answer.status == 200 and json.loads(answer.read())["status"] == "green"
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _make(self, folder: Path, jars: Sequence[Path]) -> None:
        modules = folder / "modules"
        _lay_out_transport(modules / "transport-netty4", jars)
        plugin = modules / "arabic-analysis"
        plugin.mkdir(parents=True)
        self._compile(f"{_PLUGIN}.java", plugin / "arabic-analysis.jar", jars)
        (plugin / "plugin-descriptor.properties").write_text(_plugin_descriptor(jars))
        self._compile("Launcher.java", folder / "launcher.jar", jars)

    def _compile(self, source: str, into: Path, jars: Sequence[Path]) -> None:
        """Compiles one source into a jar."""
        classpath = ":".join(map(str, _server_jars(jars)))
        with TemporaryDirectory() as classes:
            command = [self._jdk / "bin" / "javac", "-nowarn", "--release", str(_JAVA), "-proc:none", "-cp", classpath]
            subprocess.run([*command, "-d", classes, SOURCES / self.name / source], check=True, timeout=120)
            with ZipFile(into, "w") as jar:
                for made in sorted(Path(classes).rglob("*.class")):
                    jar.write(made, made.relative_to(classes))


def _is_transport(jar: Path) -> bool:
    """Whether the jar belongs to the transport module: a module's jar must not also stand on the class path."""
    return "/io/netty/" in jar.as_posix() or jar.name.startswith("transport-netty4-")


def _server_jars(jars: Sequence[Path]) -> list[Path]:
    return [jar for jar in jars if not _is_transport(jar)]


def _lay_out_transport(folder: Path, jars: Sequence[Path]) -> None:
    folder.mkdir(parents=True)
    for jar in filter(_is_transport, jars):
        shutil.copy(jar, folder)
        if jar.name.startswith("transport-netty4-"):
            descriptor = ZipFile(jar).read(_DESCRIPTOR).decode()
    # without a module name it is read from the class path, as the server is
    lines = [line for line in descriptor.splitlines() if not line.startswith("modulename=")]
    (folder / "plugin-descriptor.properties").write_text("\n".join(lines) + "\n")


def _plugin_descriptor(jars: Sequence[Path]) -> str:
    server = next(jar for jar in jars if jar.parent.parent.name == "elasticsearch")
    version = server.parent.name
    known = {
        "name": "arabic-analysis",
        "description": "Arabic analysis parts",
        "version": version,
        "elasticsearch.version": version,
        "java.version": str(_JAVA),
        "classname": _PLUGIN,
    }
    return "".join(f"{key}={value}\n" for key, value in known.items())
