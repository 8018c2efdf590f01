"""An authority of a test's own and a certificate of loopback that it has signed, made with ``openssl``."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

from msgspec import Struct

from tests.servers.jdk import Missing


class Certificates(Struct, frozen=True):
    """Files in PEM: the authority to trust, what a server shows, and its key (PKCS 8)."""

    authority: Path
    shown: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server in Python."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shown, self.key)
        return context


def make(folder: Path) -> Certificates:
    """Raises Missing where there is no openssl."""
    if shutil.which("openssl") is None:
        raise Missing("no openssl to make certificates with")
    authority, signing = folder / "ca.pem", folder / "ca.key"
    shown, key, request, more = folder / "node.pem", folder / "node.key", folder / "node.csr", folder / "node.txt"
    fresh = ["-newkey", "rsa:2048", "-nodes"]
    _openssl("req", "-x509", *fresh, "-days", "2", "-subj", "/CN=rasid tests", "-keyout", signing, "-out", authority)
    _openssl("req", *fresh, "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", request)
    more.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    signed = ["-CA", authority, "-CAkey", signing, "-CAcreateserial", "-days", "2", "-extfile", more]
    _openssl("x509", "-req", "-in", request, *signed, "-out", shown)
    return Certificates(authority, shown, key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
