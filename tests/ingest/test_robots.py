import asyncio

import pytest

from ingest.robots import KEEP_FAILURE_SECONDS, KEEP_SECONDS, Robots, Verdict
from ingest.web import Refused, Response, Unreachable

RULES = b"""User-agent: *
Disallow: /admin
Disallow: /*.pdf$
Crawl-delay: 5
User-agent: BadBot
Disallow: /
Sitemap: https://site.example/news.xml
"""


class FakeWeb:
    """Answers every robots.txt with one response or error, and counts."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def get(self, url, *, validators=None, limits=None, accept=""):
        self.asked.append(url)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def text(body, status=200, content_type="text/plain"):
    return Response(
        url="https://site.example/robots.txt", status=status, headers={}, body=body, content_type=content_type
    )


def verdicts(web, *urls, **options):
    async def run():
        robots = Robots(web, **options)
        return [await robots.check(url) for url in urls]

    return asyncio.run(run())


def test_the_rules_and_the_crawl_delay_are_kept():
    web = FakeWeb(text(RULES))
    urls = ["https://site.example/news/1", "https://site.example/admin/x", "https://site.example/a.pdf"]
    assert verdicts(web, *urls) == [Verdict(True, 5.0), Verdict(False, 5.0), Verdict(False, 5.0)]
    assert web.asked == ["https://site.example/robots.txt"]


def test_rules_are_matched_by_our_own_name():
    assert verdicts(FakeWeb(text(RULES)), "https://site.example/x", agent="BadBot")[0].allowed is False


def test_a_crawl_delay_is_honoured_up_to_a_cap():
    web = FakeWeb(text(b"User-agent: *\nCrawl-delay: 86400"))
    assert verdicts(web, "https://site.example/", longest_delay=30.0) == [Verdict(True, 30.0)]


@pytest.mark.parametrize(
    "answer",
    [
        text(b"", status=404),
        text(b"", status=403),
        text(b"", status=410),
        text(b"<html>Disallow: /</html>", content_type="text/html"),
        text(b""),
        text(b"\xff\xfe\x00garbage\x00User-agent"),
        Refused("u", "too_large"),
        Refused("u", "too_many_redirects"),
        Refused("u", "bad_encoding"),
    ],
)
def test_without_rules_that_can_be_read_everything_is_allowed(answer):
    assert verdicts(FakeWeb(answer), "https://site.example/x") == [Verdict(True)]


@pytest.mark.parametrize(
    "answer", [text(b"", status=500), text(b"", status=503), text(b"", status=429), Unreachable("u", "timeout")]
)
def test_a_site_that_cannot_say_is_not_asked_for_ten_minutes(answer):
    async def run():
        now = [0.0]
        web = FakeWeb(answer)
        robots = Robots(web, clock=lambda: now[0])
        for later in (0.0, KEEP_FAILURE_SECONDS - 1, KEEP_FAILURE_SECONDS + 1):
            now[0] = later
            with pytest.raises(Unreachable) as caught:
                await robots.check("https://site.example/x")
            assert caught.value.reason == "robots"
        return len(web.asked)

    assert asyncio.run(run()) == 2


def test_an_address_that_must_not_be_asked_stays_refused():
    with pytest.raises(Refused):
        verdicts(FakeWeb(Refused("u", "private_address")), "http://10.0.0.1/x")


def test_rules_are_read_again_after_a_day_and_once_for_many_at_a_time():
    async def run():
        now = [0.0]
        web = FakeWeb(text(RULES))
        robots = Robots(web, clock=lambda: now[0])
        await asyncio.gather(*(robots.check(f"https://site.example/{n}") for n in range(20)))
        first = len(web.asked)
        now[0] = KEEP_SECONDS + 1
        await robots.check("https://site.example/1")
        return first, len(web.asked)

    assert asyncio.run(run()) == (1, 2)


def test_one_caller_that_gives_up_does_not_cost_the_others_their_answer():
    async def run():
        robots = Robots(FakeWeb(text(RULES)))
        first = asyncio.create_task(robots.check("https://site.example/1"))
        second = asyncio.create_task(robots.check("https://site.example/2"))
        await asyncio.sleep(0)
        first.cancel()
        return (await second).allowed

    assert asyncio.run(run())


def test_the_number_of_sites_kept_is_bounded():
    async def run():
        web = FakeWeb(text(RULES))
        robots = Robots(web, most_sites=10)
        for number in range(100):
            await robots.check(f"https://s{number}.example/")
        return len(robots._sites)

    assert asyncio.run(run()) == 10


def test_sitemaps_are_named():
    async def run():
        return await Robots(FakeWeb(text(RULES))).sitemaps("https://site.example/")

    assert asyncio.run(run()) == ("https://site.example/news.xml",)


def test_rules_written_to_be_slow_are_answered_at_once():
    stars = b"User-agent: *\n" + b"Disallow: /" + b"*a" * 2000 + b"b\n" * 50
    url = "https://site.example/" + "a" * 1900
    assert verdicts(FakeWeb(text(stars)), url)[0].allowed
