"""The Dockerfile: pinned, without root, with all that the product needs and nothing beside it."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.compose.composed import ROOT

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = TEXT.replace("\\\n", " ").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def of(instruction: str) -> list[str]:
    return [line.removeprefix(instruction).strip() for line in LINES if line.startswith(f"{instruction} ")]


def test_both_stages_stand_on_one_exact_python():
    bases = [base.split()[0] for base in of("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])


def test_it_runs_as_a_user_without_rights():
    assert of("USER") == ["1000:1000"]
    assert TEXT.index("USER 1000") < TEXT.index("ENTRYPOINT")


def test_it_looks_after_its_own_health_with_the_port_that_it_serves():
    assert of("HEALTHCHECK")[0].endswith('CMD ["python", "/opt/docker/health.py"]')
    port = re.search(r"RASID_METRICS_PORT=(\d+)", TEXT)
    assert port is not None
    assert of("EXPOSE") == [port[1]]


def test_all_packages_are_copied_and_nothing_that_is_ignored():
    copied = [line.split() for line in of("COPY") if not line.startswith("--from")]
    sources = {source for line in copied for source in line[:-1]}
    assert all((ROOT / source).exists() for source in sources)
    packages = {name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= sources
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {source.split("/")[0] for source in sources} == kept


def test_the_image_installs_exact_versions_that_the_project_allows():
    lines = (ROOT / "docker" / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines)
    assert len(pinned) == len(lines) > 50
    extras = PROJECT["project"]["optional-dependencies"]
    for line in [*PROJECT["project"]["dependencies"], *extras["cluster"], *extras["elasticsearch"]]:
        needed = Requirement(line)
        name = re.sub(r"[-_.]+", "-", needed.name).lower()
        assert needed.specifier.contains(pinned[name]), line


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the image has Python 3.11")
def test_the_scripts_are_python_that_the_image_understands():
    for script in (ROOT / "docker").glob("*.py"):
        compile(script.read_text(encoding="utf-8"), str(script), "exec")
