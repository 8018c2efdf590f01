"""Gives Elasticsearch its accounts, as often as one likes: Kibana's password, Rasid's user with no more than it needs, and an analyst
who reads. The passwords are those that keys.sh made; the address and their folder are in the environment."""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROLE = {
    "cluster": ["monitor", "manage_index_templates"],
    "indices": [
        {"names": ["rasid-*"], "privileges": ["create_index", "manage", "view_index_metadata", "read", "write"]},
    ],
    "applications": [{"application": "kibana-.kibana", "privileges": ["space_all"], "resources": ["space:default"]}],
}
"""Set up and write the indices, and import the dashboards."""


def changes(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and body of each request."""

    def password(name: str) -> str:
        return (folder / name).read_text(encoding="ascii").strip()

    yield "POST", "/_security/user/kibana_system/_password", {"password": password("kibana_system")}
    yield "PUT", "/_security/role/rasid", ROLE
    yield "PUT", "/_security/user/rasid", {"password": password("rasid"), "roles": ["rasid"]}
    yield "PUT", "/_security/user/analyst", {"password": password("analyst"), "roles": ["viewer"]}


def main() -> int:
    url, folder = os.environ["ELASTICSEARCH"], Path(os.environ.get("ACCOUNTS", "/keys/accounts"))
    login = base64.b64encode(b"elastic:" + (folder / "elastic").read_bytes().strip()).decode("ascii")
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    trusted = ssl.create_default_context(cafile=str(folder / "ca.crt")) if url.startswith("https:") else None
    for method, path, body in changes(folder):
        request = urllib.request.Request(url + path, json.dumps(body).encode(), headers, method=method)  # noqa: S310
        try:
            urllib.request.urlopen(request, timeout=30, context=trusted).close()  # noqa: S310 the operator's address
        except urllib.error.HTTPError as error:
            print(f"accounts: {path}: {error.code} {error.read()[:300].decode(errors='replace')}")
            return 1
        except OSError as error:
            print(f"accounts: {url}: {error}")
            return 1
        print(f"accounts: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
