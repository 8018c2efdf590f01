"""The import against a small stand-in for Kibana that keeps what it is sent."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from rasid.errors import UsageError
from rasid.kibana import OBJECTS, Credentials, KibanaAway, kibana_import

USER = Credentials(user="elastic", password="كلمة سر")


class FakeKibana:
    """Answers as Kibana 9 does; ``version``, ``status`` and ``errors`` change its answers."""

    def __init__(self, version: str = "9.5.3", status: int = 200, errors: list[dict[str, Any]] | None = None) -> None:
        self.version, self.status, self.errors = version, status, errors or []
        self.sent: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}
        self.query: dict[str, str] = {}

    async def about(self, _: web.Request) -> web.Response:
        return web.json_response({"version": {"number": self.version}})

    async def take(self, request: web.Request) -> web.Response:
        self.headers, self.query = dict(request.headers), dict(request.query)
        if self.status != 200:
            return web.json_response({"message": "no"}, status=self.status)
        if "kbn-xsrf" not in request.headers:
            return web.json_response({"message": "Request must contain a kbn-xsrf header."}, status=400)
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        assert file.filename.endswith(".ndjson")
        self.sent = [json.loads(line) for line in file.file.read().decode().splitlines()]
        told = {"success": not self.errors, "successCount": len(self.sent), "errors": self.errors}
        return web.json_response(told)


def with_kibana(fake: FakeKibana, use: Callable[[str], Coroutine[Any, Any, int]], base: str = "") -> int:
    async def run() -> int:
        application = web.Application()
        application.add_routes(
            [web.get(f"{base}/api/status", fake.about), web.post(f"{base}/api/saved_objects/_import", fake.take)]
        )
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return await use(f"http://127.0.0.1:{runner.addresses[0][1]}{base}")
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def test_all_objects_are_sent_as_they_are_over_those_that_are_there():
    fake = FakeKibana()
    assert with_kibana(fake, lambda url: kibana_import(url, USER)) == 13
    assert fake.sent == [json.loads(line) for line in OBJECTS.read_text(encoding="utf-8").splitlines()]
    assert fake.query == {"overwrite": "true"}


def test_a_user_is_told_in_utf8_and_a_key_as_it_is():
    fake = FakeKibana()
    with_kibana(fake, lambda url: kibana_import(url, USER))
    assert base64.b64decode(fake.headers["Authorization"].removeprefix("Basic ")).decode() == "elastic:كلمة سر"
    with_kibana(fake, lambda url: kibana_import(url, Credentials(api_key="a2V5")))
    assert fake.headers["Authorization"] == "ApiKey a2V5"
    with_kibana(fake, lambda url: kibana_import(url, Credentials()))
    assert "Authorization" not in fake.headers


def test_another_prefix_changes_the_indices_of_the_data_views_and_nothing_else():
    fake = FakeKibana()
    with_kibana(fake, lambda url: kibana_import(url, USER, prefix="syria"))
    titles = {one["id"]: one["attributes"]["title"] for one in fake.sent if one["type"] == "index-pattern"}
    assert titles["rasid-events"] == titles["rasid-events-always"] == "syria-events"
    assert titles["rasid-health"] == "syria-health-*"
    assert [one["id"] for one in fake.sent if one["type"] == "dashboard"] == ["rasid-morning", "rasid-pipeline-health"]


def test_a_space_and_an_end_slash_are_part_of_the_address():
    fake = FakeKibana()
    assert with_kibana(fake, lambda url: kibana_import(f"{url}/", USER), base="/s/desk") == 13


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_kibana_that_is_not_ready_is_away(status):
    with pytest.raises(KibanaAway, match=str(status)):
        with_kibana(FakeKibana(status=status), lambda url: kibana_import(url, USER))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_the_operators_to_mend(status):
    with pytest.raises(UsageError, match=str(status)):
        with_kibana(FakeKibana(status=status), lambda url: kibana_import(url, USER))


def test_an_object_that_is_refused_is_named():
    fault = {"id": "rasid-map", "type": "map", "error": {"type": "missing_references"}}
    with pytest.raises(UsageError, match=r"map rasid-map.*missing_references"):
        with_kibana(FakeKibana(errors=[fault]), lambda url: kibana_import(url, USER))


def test_another_version_is_refused_before_anything_is_sent():
    fake = FakeKibana(version="8.19.0")
    with pytest.raises(UsageError, match=r"8\.19\.0.*version 9"):
        with_kibana(fake, lambda url: kibana_import(url, USER))
    assert fake.sent == []


def test_nothing_that_listens_is_away():
    with pytest.raises(KibanaAway, match=r"127\.0\.0\.1:9"):
        asyncio.run(kibana_import("http://127.0.0.1:9", USER))


def test_certificates_that_are_not_there_are_named(tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        asyncio.run(kibana_import("https://127.0.0.1:9", USER, ca=tmp_path / "nowhere.pem"))
