"""The documentation is true: its commands run, what it names exists, and its tables equal what they describe.

Every ```sh block of README.md and docs/ runs, document by document, on a copy of a database made from the sample. A comment
``<!-- not run: reason -->`` above a block says why one does not. ```python blocks run too.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from ingest.feeds import FeedList, dump, load
from rasid import batch, errors
from rasid.cli import app as cli
from rasid.settings import SEEDS, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[^)]*)?\)")
INLINE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


class Block(NamedTuple):
    page: Path
    kind: str
    body: str
    why_not: str | None

    @property
    def lines(self) -> list[str]:
        return [line for line in self.body.splitlines() if line.strip() and not line.startswith("#")]


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [Block(page, one["kind"], one["body"], one["why"]) for one in found]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def tables(page: Path, *head: str) -> list[list[str]]:
    """The rows of the table with these column heads, its cells without backquotes."""
    lines = page.read_text(encoding="utf-8").splitlines()
    first = lines.index(f"| {' | '.join(head)} |") + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


WITH_COMMANDS = [page for page in PAGES if any(block.kind == "sh" for block in blocks(page))]
OPERATE = ROOT / "docs" / "how-to" / "operate.md"
SETTING_HEAD = "| setting | default | meaning |\n| --- | --- | --- |\n"


# Commands run


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample, a list that names its outlets alone, and a database that holds what came of them."""
    folder = tmp_path_factory.mktemp("docs") / "sample"
    (folder / "seeds").mkdir(parents=True)
    shutil.copytree(SEEDS / "sample", folder / "seeds" / "sample")
    whole = load(SEEDS / "feeds.toml")
    own = {key: outlet for key, outlet in whole.outlets.items() if outlet.sample}
    feeds = {key: feed for key, feed in whole.feeds.items() if feed.outlet in own}
    kept = FeedList(outlets=own, feeds=feeds, viewpoints=whole.viewpoints, folder=folder / "seeds")
    (folder / "seeds" / "feeds.toml").write_text(dump(kept), encoding="utf-8")
    done = run("rasid run --until-idle --no-live", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def placeholders(sample: Path) -> dict[str, str]:
    """What stands for the words in capitals."""
    url = "https://sham-press.example/2022/10/14/jasim-battles/"
    found = run("rasid search --type armed_clash --place جاسم --json", sample).stdout.splitlines()
    event = next(row for row in map(json.loads, found) if row["independent_sources"] > 1)
    article = {
        "id": "a",
        "published": "2022-10-14",
        "text": "اندلعت اشتباكات بين مسلحين محليين في مدينة جاسم بريف درعا.",
    }
    (sample / "articles.jsonl").write_text(json.dumps(article, ensure_ascii=False) + "\n", encoding="utf-8")
    return {"EVENT_ID": event["id"], "URL": url, "FILE.jsonl": "articles.jsonl", "FILE": "copy.sqlite"}


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a shell, in the folder, with the ``rasid`` of this interpreter first in the path."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("RASID_")}
    given |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given['PATH']}", "PYTHONPATH": str(ROOT), "NO_COLOR": "1",
        "RASID_DATA_DIR": "var", "RASID_FEEDS": str(folder / "seeds" / "feeds.toml"), "RASID_WORKERS": "2",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-c", f"set -e -o pipefail\n{command}"], cwd=folder, env=given, capture_output=True, text=True,
        encoding="utf-8", check=False, timeout=110,
    )  # fmt: skip


def workplace(sample: Path, folder: Path) -> Path:
    """A folder as a checkout looks to a user, with a database of its own."""
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    for entry in ROOT.iterdir():
        if entry.name not in ("seeds", "var", ".venv", ".git", "rasid.toml"):
            (folder / entry.name).symlink_to(entry)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run_page(page: Path, folder: Path, placeholders: dict[str, str]) -> None:
    """Every command of the page in its order; ``make …`` is only looked up, and not run."""
    words = re.compile("|".join(rf"\b{re.escape(word)}(?![\w.])" for word in placeholders))
    for block in blocks(page):
        if block.kind == "sh" and not block.why_not:
            for line in block.lines:
                if not line.startswith("make "):
                    done = run(words.sub(lambda found: placeholders[found[0]], line), folder)
                    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
                    assert "Traceback" not in done.stderr, line


@pytest.fixture(scope="session")
def ran(
    sample: Path, placeholders: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Path, Future[None]]]:
    """Two pages at a time: what takes time is the start of some sixty processes."""
    with ThreadPoolExecutor(2) as threads:
        yield {
            page: threads.submit(run_page, page, workplace(sample, tmp_path_factory.mktemp(page.stem)), placeholders)
            for page in WITH_COMMANDS
        }


@pytest.mark.timeout(600)  # the machine may be busy
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=page_id)
def test_the_commands_of_a_page_run(page: Path, ran: dict[Path, Future[None]]) -> None:
    ran[page].result()


def test_a_block_that_does_not_run_says_why() -> None:
    reasons = [block.why_not for page in PAGES for block in blocks(page) if block.why_not]
    assert reasons
    assert all(len(reason.split()) >= 3 for reason in reasons)


@pytest.mark.parametrize("page", [p for p in PAGES if any(b.kind == "python" for b in blocks(p))], ids=page_id)
def test_the_python_of_a_page_runs(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.kind == "python":
            exec(compile(block.body, str(page), "exec"), names)


# What is named exists


@functools.cache
def commands() -> dict[str, set[str]]:
    """Each command («feeds add», and «» for what stands before it) with its options."""
    for name in cli.COMMANDS:
        import_module(f"rasid.cli.{name}")
    found: dict[str, set[str]] = {}

    def walk(command: Any, path: tuple[str, ...]) -> None:
        found[" ".join(path)] = {
            name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("-")
        } | {"--help"}
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*path, name))

    walk(typer.main.get_command(cli.app), ())
    return found


def calls(page: Path) -> Iterator[str]:
    """Every call of rasid in the page's blocks and between its backquotes."""
    text = prose(page)
    lines = [line for block in blocks(page) if block.kind == "sh" for line in block.lines]
    for piece in [*lines, *INLINE.findall(text)]:
        for part in re.split(r"\s*(?:\||&&|;)\s*", piece.replace("\\|", "|")):
            if re.match(r"rasid(?: [a-z-]|$)", part):
                yield part


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    for call in calls(page):
        words = shlex.split(call.partition(" #")[0].replace("…", "").replace("'", ""))[1:]
        path: list[str] = []
        allowed = set(commands()[""])
        for word in words:
            if " ".join([*path, word]) in commands():
                path.append(word)
                allowed |= commands()[" ".join(path)]
            elif word.startswith("-") and word != "-":
                assert word.partition("=")[0] in allowed, f"{call}: {word}"
        assert path or not [word for word in words if not word.startswith("-")], f"no such command: {call}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_option_between_backquotes_exists(page: Path) -> None:
    known = set.union(*commands().values())
    for piece in INLINE.findall(prose(page)):
        for option in OPTION.findall(piece) if piece.startswith("-") else ():
            assert option in known, option


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in commands().keys() - {"", "version", "feeds", "dead"}:
        assert re.search(rf"\brasid {name}\b|`{name.split(' ')[-1]}`", text), name


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [line for block in blocks(page) if block.kind == "sh" for line in block.lines]
    for piece in [*lines, *INLINE.findall(prose(page))]:
        if named := re.match(r"make ([a-z]+)", piece):
            assert named[1] in targets, piece


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_path_between_backquotes_exists(page: Path) -> None:
    """Paths from the root, and below processors/lexicons/ and ingest/rules/, whose pages shorten them."""
    roots = (ROOT, ROOT / "processors" / "lexicons", ROOT / "ingest" / "rules")
    for piece in INLINE.findall(prose(page)):
        if re.fullmatch(r"[\w*.-]+/[\w*./-]*", piece) and (ROOT / piece.split("/")[0]).is_dir():
            assert any(list(root.glob(piece.rstrip("/"))) for root in roots), piece


# Tables equal what they describe


def setting_rows() -> list[list[str]]:
    """The table of settings as it should stand."""
    shown = {"feeds": "seeds/feeds.toml", "workers": "one a processor"}
    rows = []
    for name, field in Settings.model_fields.items():
        value = field.default
        plain = (
            str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
        )
        rows.append(
            [name, shown.get(name) or ("none" if plain in ("", "None", "()") else plain), field.description or ""]
        )
    return rows


def setting_table() -> str:
    lines = [f"| `{name}` | `{value}` | {meaning} |\n" for name, value, meaning in setting_rows()]
    return SETTING_HEAD + "".join(lines)


def remake() -> None:
    """Writes the table of settings again: ``.venv/bin/python tests/docs/test_docs.py``."""
    text = OPERATE.read_text(encoding="utf-8")
    table = re.compile(re.escape(SETTING_HEAD) + r"(?:\|.*\n)*")
    OPERATE.write_text(table.sub(lambda _: setting_table(), text), encoding="utf-8")


def test_the_table_of_settings_is_that_of_the_settings() -> None:
    assert setting_table() in OPERATE.read_text(encoding="utf-8"), remake.__doc__
    assert all(meaning for _, _, meaning in setting_rows())


def test_the_table_of_statuses_is_that_of_the_errors() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CommandError)]
    raised = {kind.status for kind in (*kinds, batch.SomeLinesBad)}
    shown = {int(row[0]) for row in tables(OPERATE, "status", "means")}
    assert shown == raised | {0, 130}


def test_the_filters_are_those_of_the_search() -> None:
    page = ROOT / "docs" / "how-to" / "search-and-export.md"
    text = page.read_text(encoding="utf-8")
    assert [
        option
        for option in sorted(commands()["search"] - {"--help", "-o"})
        if f"`{option}`" not in text and option not in text
    ] == []


def test_the_counts_in_the_readme_are_those_of_the_list() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.search(r"(\d+) feeds of (\d+) outlets from (\d+) countries", text)
    assert named is not None
    whole = load(SEEDS / "feeds.toml")
    real = {key: outlet for key, outlet in whole.outlets.items() if not outlet.sample}
    feeds = [feed for feed in whole.feeds.values() if feed.outlet in real]
    assert tuple(map(int, named.groups())) == (len(feeds), len(real), len({one.country for one in real.values()}))


if __name__ == "__main__":
    remake()
