"""What every runner promises of the stages that it drives: one suite for the one process on SQLite, and for workers on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts import codec
from contracts.ids import article_id
from contracts.records import SCHEMA_VERSION, Entry, Page
from tests.contract.runners import RUNNERS, Runner, told
from tests.contract.stages import revision
from tests.rasid.fakes import entry


@pytest.fixture(params=RUNNERS, ids=lambda factory: factory.__name__)
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runner]:
    with request.param(tmp_path) as opened:
        yield opened


def urls(*paths: str, host: str = "a.sy") -> list[str]:
    return [f"https://{host}/{path}" for path in paths]


def many(host: str, number: int = 12) -> list[str]:
    return urls(*map(str, range(number)), host=host)


def articles_of(runner: Runner, host: str = "a.sy") -> set[str]:
    """The articles that the event of a host counts."""
    documents = runner.index.documents()
    return set(documents[host].outlets) if host in documents else set()


def ids_of(addresses: list[str]) -> set[str]:
    return set(map(article_id, addresses))


def result(runner: Runner) -> dict[str, Any]:
    return {name: told(document) for name, document in runner.index.documents().items()}


def test_every_record_passes_all_stages_and_is_in_the_index_as_it_should(runner: Runner) -> None:
    runner.put(entry(url) for host in ("a.sy", "b.sy", "c.sy") for url in many(host))
    runner.work()
    documents = runner.index.documents()
    for host in ("a.sy", "b.sy", "c.sy"):
        assert articles_of(runner, host) == ids_of(many(host))
        assert all(documents[one].text == f"{url} look 0" for url in many(host) for one in ids_of([url]))
    assert len(documents) == 3 + 36 + 36
    assert runner.dead() == []


def test_what_is_delivered_twice_has_effect_once(runner: Runner) -> None:
    runner.put(entry(url) for url in many("a.sy"))
    runner.work()
    once = result(runner)
    runner.put(entry(url) for url in [*many("a.sy"), *many("a.sy")])
    runner.work()
    assert result(runner) == once


def test_records_of_one_key_are_folded_in_their_order(runner: Runner) -> None:
    """Between those of other keys, over a restart."""
    addresses, half = many("a.sy", 4), 15
    for numbers in (range(half), range(half, 2 * half)):
        runner.put(revision(url, number) for number in numbers for url in addresses)
        runner.work()
        runner.stop()
    documents = runner.index.documents()
    for url in addresses:
        assert documents[f"event {article_id(url)}"].outlets == tuple(map(str, range(2 * half)))


def test_a_record_that_asks_for_another_try_comes_again_when_its_time_has_come(runner: Runner) -> None:
    runner.put(entry(url) for url in urls("1", "late"))
    runner.work()
    assert articles_of(runner) == ids_of(urls("1"))
    runner.pass_time()
    runner.work()
    assert articles_of(runner) == ids_of(urls("1", "late"))
    assert runner.dead() == []


def test_a_record_that_asks_in_vain_is_a_dead_letter_in_the_end(runner: Runner) -> None:
    runner.put([entry(*urls("never"))])
    for _ in range(6):
        runner.work()
        runner.pass_time()
    runner.work()
    (letter,) = runner.dead()
    assert (letter.stage, letter.tries) == ("fetch", 5)
    assert letter.reason == "given up after 5 tries: timeout: test"
    assert runner.waiting() == 0


def test_poison_is_a_dead_letter_with_its_reason_and_value_and_costs_nothing_else(runner: Runner) -> None:
    runner.put(entry(url) for url in [*many("a.sy"), *urls("poison")])
    runner.work()
    assert articles_of(runner) == ids_of(many("a.sy"))
    (letter,) = runner.dead()
    assert (letter.stage, letter.reason) == ("clean", "poison: test")
    assert codec.decode(Page, letter.value).url == urls("poison")[0]


def test_a_dead_letter_that_is_retried_goes_on_from_where_it_died(runner: Runner) -> None:
    runner.put([entry(*urls("poison"))])
    runner.work()
    runner.retry(runner.dead())
    runner.work()
    (again,) = runner.dead()
    (runner.folder / "mended").touch()
    runner.retry([again])
    runner.work()
    assert runner.dead() == []
    assert articles_of(runner) == ids_of(urls("poison"))


def test_what_cannot_be_decoded_is_a_dead_letter_and_the_rest_goes_on(runner: Runner) -> None:
    bad = [b"\xff\xfe\x00", b'{"record":"entry","id":5}', b'{"record":"page"}', b"[]"]
    runner.put_raw(Entry, bad)
    runner.put(entry(url) for url in many("a.sy"))
    runner.work()
    letters = runner.dead()
    assert sorted(letter.value for letter in letters) == sorted(bad)
    assert {letter.stage for letter in letters} == {"fetch"}
    assert all(letter.reason.startswith("bad record") for letter in letters)
    assert articles_of(runner) == ids_of(many("a.sy"))


def test_a_record_of_a_newer_version_waits_and_is_no_dead_letter(runner: Runner) -> None:
    newer = codec.encode(entry("https://a.sy/new")).replace(
        f'"schema_version":{SCHEMA_VERSION}'.encode(), b'"schema_version":99'
    )
    assert b":99" in newer
    runner.put_raw(Entry, [newer])
    runner.work()
    assert runner.dead() == []
    assert runner.waiting() == 1


def test_a_process_that_dies_in_the_middle_loses_nothing_and_doubles_nothing(runner: Runner) -> None:
    """Merge kills its process at two records, each once, among others of the same host."""
    addresses = [*many("a.sy", 20), *urls("7/kill", "13/kill"), *many("b.sy", 20)]
    runner.put(entry(url) for url in addresses)
    runner.work()
    assert len(list(runner.folder.glob("once-*"))) == 2, "both kills must have happened"
    assert articles_of(runner, "a.sy") | articles_of(runner, "b.sy") == ids_of(addresses)
    assert len(runner.index.documents()) == 2 * len(addresses) + 2
    assert runner.dead() == []


def test_a_record_for_later_comes_when_its_time_has_come_and_not_before(runner: Runner) -> None:
    runner.put(entry(url) for url in many("a.sy", 3))
    runner.work()
    assert {runner.index.documents()[one].revision for one in ids_of(many("a.sy", 3))} == {0}
    assert runner.waiting() == 3
    runner.stop()
    runner.pass_time()
    runner.work()
    looked = [runner.index.documents()[article_id(url)] for url in many("a.sy", 3)]
    assert [(one.revision, one.text) for one in looked] == [(1, f"{url} look 1") for url in many("a.sy", 3)]
    assert articles_of(runner) == ids_of(many("a.sy", 3))
    assert runner.waiting() == 0


def test_replay_runs_a_stage_again_over_what_is_kept_and_changes_nothing_by_itself(runner: Runner) -> None:
    runner.put(entry(url) for url in many("a.sy", 5))
    runner.work()
    for stage in ("clean", "extract", "merge"):
        before, versions = result(runner), _versions(runner)
        assert runner.replay(stage) == 5
        runner.work()
        assert result(runner) == before
        assert _versions(runner)["a.sy"] > versions["a.sy"], "it must have run"
    assert runner.dead() == []


def _versions(runner: Runner) -> dict[str, int]:
    return {name: document.version for name, document in runner.index.documents().items()}


def test_what_is_forgotten_is_out_of_the_index_and_of_its_event_and_does_not_come_again(runner: Runner) -> None:
    gone, *others = many("a.sy", 4)
    runner.put(entry(url) for url in [gone, *others])
    runner.work()
    runner.forget(article_id(gone))
    assert articles_of(runner) == ids_of(others)
    runner.put(entry(url) for url in [gone, *others])
    runner.work()
    assert articles_of(runner) == ids_of(others)
    assert article_id(gone) not in runner.index.documents()
