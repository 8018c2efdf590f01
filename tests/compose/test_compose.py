"""docker-compose.yml: accepted by docker compose, safe by compose-lint, and true to the product's commands and settings."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from elasticsearch import __version__ as client_version

from rasid.cli import app as cli
from rasid.cluster.supervise import STEPS
from rasid.settings import Settings
from tests.compose.composed import COMMAND, EVERY, OURS, PROFILES, ROOT, compose, config, service, services

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="docker compose is not here: pip install 'rasid[dev]'")

GIB = 1024**3
MOST_MEMORY = 7 * GIB
"""Of the 8 GB of a laptop: the rest is the system's, and the browser's."""
ours = [one for one in EVERY if service(one)["image"] == OURS]
commands = [one for one in ours if not service(one).get("entrypoint")]


def test_up_starts_the_cluster_and_a_profile_named_goes_before_that():
    assert set(compose("config", "--services").split()) == set(services("cluster"))
    assert set(services("cluster")) == {
        "keys", "accounts", "elasticsearch", "kibana", "kafka", "setup", "poll", "worker",
    }  # fmt: skip
    assert set(services("small")) == {"keys", "accounts", "elasticsearch", "kibana", "setup-small", "run"}


def test_compose_lint_finds_nothing_above_low():
    command = [sys.executable, "-m", "compose_lint", "check", "--strict-config", "--fail-on", "medium", "--format", "json", "docker-compose.yml"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_rule_on_digests_is_not_asked():
    rules = re.findall(r"^  (CL-\d+):", (ROOT / ".compose-lint.yml").read_text(), re.MULTILINE)
    assert rules == ["CL-0019"]


@pytest.mark.parametrize("one", commands, ids="/".join)
def test_every_command_is_one_of_rasids_with_options_that_it_has(one):
    for module in cli.COMMANDS:
        import_module(f"rasid.cli.{module}")
    group = typer.main.get_command(cli.app)
    name, *arguments = service(one)["command"]
    command = group.commands[name]  # type: ignore[attr-defined]
    context = command.make_context(name, list(arguments))
    assert context.args == []


@pytest.mark.parametrize("one", ours, ids="/".join)
def test_every_variable_of_rasid_is_a_setting_with_a_value_that_it_takes(one, monkeypatch):
    given = {name: value for name, value in service(one).get("environment", {}).items() if name.startswith("RASID_")}
    assert {name.removeprefix("RASID_").lower() for name in given} <= set(Settings.model_fields)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    Settings()


@pytest.mark.parametrize("one", commands, ids="/".join)
def test_each_runs_in_the_mode_of_its_profile(one):
    given = service(one)["environment"]
    assert given.get("RASID_MODE", "local") == ("cluster" if one[0] == "cluster" else "local")
    assert ("RASID_KAFKA" in given) == (one[0] == "cluster")


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_what_is_published_is_published_on_loopback(one):
    assert {port["host_ip"] for port in service(one).get("ports", ())} <= {"127.0.0.1"}


def test_kibana_alone_is_published():
    assert {name for _, name in EVERY if service((_, name)).get("ports")} == {"kibana"}


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_no_service_may_take_more_than_it_needs(one):
    made = service(one)
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(made)
    assert made.get("user", "1000") != "0"
    if made["image"] == OURS:
        assert made["read_only"]


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_images_are_pinned_to_exact_versions(one):
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", service(one)["image"])


def test_the_servers_are_those_that_the_tests_run_and_fit_the_clients():
    images = {name: service((profile, name))["image"] for profile, name in EVERY}
    elastic, kibana = images["elasticsearch"].rpartition(":")[2], images["kibana"].rpartition(":")[2]
    assert elastic == kibana == version_in_tests("elasticsearch")
    assert int(elastic.split(".")[0]) == client_version[0]
    assert images["kafka"].rpartition(":")[2] == version_in_tests("kafka")


def version_in_tests(server: str) -> str:
    """The version of a server's artifacts that the tests run."""
    text = (ROOT / "tests" / "servers" / server / "pom.xml").read_text(encoding="utf-8")
    found = re.search(
        rf"<{server}\.version>([\d.]+)<|<artifactId>{server}(?:_2\.13)?</artifactId>\s*<version>([\d.]+)<", text
    )
    assert found, server
    return found[1] or found[2]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_memory_of_a_profile_fits_a_laptop(profile):
    limits = {name: int(made["mem_limit"]) for name, made in services(profile).items()}
    assert sum(limits.values()) <= MOST_MEMORY, limits


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_all_that_lasts_is_in_named_volumes(one):
    named = config(one[0])["volumes"]
    for mount in service(one).get("volumes", ()):
        assert mount["type"] == "volume"
        assert mount["source"] in named


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_only_the_maker_of_the_keys_may_write_them(one):
    keys = [mount for mount in service(one).get("volumes", ()) if mount["source"].startswith("keys-")]
    assert keys
    assert all(mount.get("read_only", False) == (one[1] != "keys") for mount in keys)


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_each_server_and_client_sees_its_own_share_of_the_keys(one):
    shares = {m["source"] for m in service(one).get("volumes", ()) if m["source"].startswith("keys-")}
    own = {
        "keys": {f"keys-{share}" for share in ("accounts", "access", "elasticsearch", "kafka", "kibana")},
        "accounts": {"keys-accounts"},
        "elasticsearch": {"keys-elasticsearch"},
        "kibana": {"keys-kibana"},
        "kafka": {"keys-kafka"},
    }
    assert shares == own.get(one[1], {"keys-access"})


def test_no_secret_stands_in_the_files():
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("docker-compose.yml", ".env", "Dockerfile"))
    assert not re.search(r"(?i)(password|api_key|secret)\s*[:=]\s*[\"']?[\w$]", text)


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_servers_are_reached_from_inside_alone(one):
    networks = set(service(one).get("networks", ()))
    outward = {"poll", "worker", "run", "kibana"}
    assert ("outside" in networks) == (one[1] in outward)
    assert config(one[0])["networks"]["inside"]["internal"]


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_a_service_waits_for_health_of_what_stays_and_for_the_end_of_what_does_not(one):
    for needed, how in service(one).get("depends_on", {}).items():
        other = services(one[0])[needed]
        stays = other["restart"] != "no"
        assert how["condition"] == ("service_healthy" if stays else "service_completed_successfully")
        assert not stays or "healthcheck" in other


@pytest.mark.parametrize("profile", PROFILES)
def test_the_start_has_an_order_that_begins_with_the_keys(profile):
    left = {name: set(made.get("depends_on", {})) for name, made in services(profile).items()}
    order: list[str] = []
    while ready := sorted(name for name, needs in left.items() if needs <= set(order)):
        order += ready
        left = {name: needs for name, needs in left.items() if name not in ready}
    assert left == {}
    assert order[0] == "keys"
    assert order.index("elasticsearch") < order.index("accounts") < order.index("kibana")


@pytest.mark.parametrize("one", EVERY, ids="/".join)
def test_what_stays_is_looked_after(one):
    made = service(one)
    if made["restart"] == "no":
        assert made["healthcheck"]["disable"]
    else:
        assert "healthcheck" in made or made["image"] == OURS  # ours is in the image
        assert made["logging"]["options"]["max-size"]


def test_the_health_of_a_worker_is_that_of_all_its_processes():
    assert int(service(("cluster", "worker"))["environment"]["HEALTH_PROCESSES"]) == len(STEPS)
