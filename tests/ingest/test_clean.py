"""The work of cleaning: the sample pages against what they should yield, and single rules on small pages."""

import json
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import cramjam
import pytest

from contracts.ids import article_id
from contracts.outcomes import Drop, Quarantine
from contracts.records import Entry, Page
from ingest.clean import Cleaned, clean_page, key_of
from ingest.feeds import Feed, FeedList, Outlet, load
from ingest.local import LocalPage, LocalSite
from ingest.parse import Item, parse_feed
from ingest.siterules import read_rules
from ingest.urls import identity

SEEDS = Path(__file__).parents[2] / "seeds"
SAMPLE = SEEDS / "sample"
NOW = datetime(2022, 11, 1, tzinfo=UTC)
SITE = Outlet(
    id="site", name="مرصد البلد", name_en="Marsad", country="SY", timezone="Asia/Damascus", viewpoint="independent",
    kind="site", domains=("site.example",),
)  # fmt: skip
FEEDS = FeedList({"site": SITE}, {"site": Feed(id="site", outlet="site", url="https://site.example/feed")})
SENTENCES = [
    "قتل ثلاثة مدنيين وأصيب خمسة آخرون بقصف مدفعي استهدف بلدة معرة النعمان جنوبي إدلب صباح اليوم.",
    "وقال ناشطون إن القصف مصدره مواقع قوات النظام المتمركزة في محيط البلدة، وإن فرق الإنقاذ وصلت إلى المكان.",
    "ولم يصدر أي تعليق رسمي على الحادثة حتى لحظة إعداد هذا التقرير، في حين تستمر حركة النزوح من المنطقة.",
]
PARAGRAPHS = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def page(body: str | bytes, url: str = "https://site.example/news/1", status: int = 200, **entry: object) -> Page:
    given = {"title": "قصف على معرة النعمان", "published_at": datetime(2022, 10, 20, 9, tzinfo=UTC), **entry}
    raw = body.encode() if isinstance(body, str) else body
    return Page(
        entry=Entry(id="1", feed_id="site", outlet="site", url=url, seen_at=NOW, **given),
        url=url,
        status=status,
        headers={},
        content_type="text/html",
        body=bytes(cramjam.zstd.compress(raw)) if raw else b"",
        fetched_at=NOW,
    )


def article(body: str, **given: object):
    cleaned = clean_page(page(body, **given), FEEDS)
    assert isinstance(cleaned, Cleaned), cleaned
    return cleaned.article


def document(body: str, head: str = "") -> str:
    return f"<html><head><title>قصف على معرة النعمان</title>{head}</head><body>{body}</body></html>"


def _sample() -> dict[str, tuple[LocalPage, str, Item | None]]:
    """Each page file with its feed, and the item of the feed as it stands in the last moment that knows it."""
    feeds, found, items = load(SEEDS / "feeds.toml"), {}, {}
    folders = sorted(path.parent for path in SAMPLE.glob("*/site.toml"))
    for folder in folders:
        site, feed = LocalSite.load(folder), f"sample-{folder.name}"
        for moment in range(site.moments()):
            answer = site.feed(moment)
            timezone = feeds.outlet(feed).timezone
            parsed = parse_feed(answer.body, answer.charset, answer.content_type, "https://x.example/", timezone, NOW)
            items.update({(item.url, moment): item for item in parsed.entries})
        for versions in site.pages.values():
            for number, one in enumerate(versions):
                item = items.get((one.url, number)) or items.get((one.url, 0)) or items.get((one.url, 1))
                found[str(one.file.relative_to(SAMPLE))] = (one, feed, item)
    return found


SAMPLE_PAGES = _sample()
EXPECTED = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(SAMPLE.glob("expected/*.json"))}


def sample_page(expected: dict, fed: bool = True) -> Page:
    one, feed, item = SAMPLE_PAGES[expected["page"] or "sham-press/pages/forbidden.html"]
    said = {name: getattr(item, name) for name in item.__struct_fields__ if name not in ("url", "mark")} if fed else {}
    body = one.file.read_bytes() if one.status < 400 else b""
    declared = Message()
    declared["content-type"] = one.content_type
    charset = declared.get_param("charset")
    return Page(
        entry=Entry(id="1", feed_id=feed, outlet=expected["outlet"], url=one.url, seen_at=NOW, **said),
        url=one.url,
        status=one.status,
        headers={},
        content_type="text/html",
        charset=charset if isinstance(charset, str) else None,
        body=bytes(cramjam.zstd.compress(body)) if body else b"",
        fetched_at=NOW,
    )


@pytest.fixture(scope="module")
def feeds():
    return load(SEEDS / "feeds.toml")


@pytest.mark.parametrize("slug", EXPECTED)
def test_a_sample_page_yields_its_article_word_for_word(slug, feeds):
    expected = EXPECTED[slug]
    article = clean_page(sample_page(expected), feeds).article
    assert article.text.split("\n") == expected["text"].split("\n")
    assert [article.title, article.author, article.agency, article.text_from, article.outlet] == [
        expected[key] for key in ("title", "author", "agency", "text_from", "outlet")
    ]
    assert article.published_at == datetime.fromisoformat(expected["published"])
    assert article.updated_at == (datetime.fromisoformat(expected["updated"]) if expected["updated"] else None)
    assert article.language == "ar"
    assert not [trap for trap in expected["traps"] if trap in article.text]


@pytest.mark.parametrize("slug", [slug for slug, expected in EXPECTED.items() if expected["text_from"] == "page"])
def test_the_general_way_reads_the_sample_without_site_rules_and_without_the_feed(slug, feeds):
    expected = EXPECTED[slug]
    article = clean_page(sample_page(expected, fed=False), feeds, {}).article
    assert (article.text, article.title) == (expected["text"], expected["title"])
    assert article.published_at == datetime.fromisoformat(expected["published"])


def test_the_amp_twin_has_the_id_and_the_words_of_its_article(feeds):
    one, feed, item = SAMPLE_PAGES["sham-press-daraa/pages/tafas-assassination-amp.html"]
    expected = EXPECTED["tafas-assassination"]
    said = {"title": item.title, "published_at": item.published_at} if item else {}
    twin = Page(
        entry=Entry(id="1", feed_id=feed, outlet=expected["outlet"], url=one.url, seen_at=NOW, **said),
        url=one.url,
        status=200,
        headers={},
        body=bytes(cramjam.zstd.compress(one.file.read_bytes())),
        fetched_at=NOW,
    )
    cleaned = clean_page(twin, feeds)
    assert cleaned.article.text == expected["text"]
    assert cleaned.article.id == key_of(twin) == article_id(identity(expected["url"]))
    assert cleaned.address.declared
    assert cleaned.address.url == expected["url"]


@pytest.mark.parametrize(
    "wrap",
    [
        '<div class="entry-content">{}</div>',
        '<div itemprop="articleBody">{}</div>',
        "<main><article>{}</article></main>",
        '<div id="wrap"><div class="x1">{}</div><div class="x2"><a href="/a">خبر آخر عن شيء آخر</a></div></div>',
        '<form id="aspnetForm"><div class="zz">{}</div></form>',
        '<div class="box more">{}</div>',
    ],
)
def test_text_is_found_with_and_without_a_name(wrap):
    menu = "<ul>" + "".join(f'<li><a href="/{n}">قسم {n}</a></li>' for n in range(12)) + "</ul>"
    assert article(document(menu + wrap.format(PARAGRAPHS))).text.split("\n") == SENTENCES


FURNITURE = [
    '<p><strong>اقرأ أيضًا: </strong><a href="/x">انفجار عبوة ناسفة في الصنمين</a></p>',
    '<p>إقرأ المزيد</p><ul><li><a href="/x">انفجار عبوة ناسفة في الصنمين</a></li></ul>',
    '<h3>مواضيع ذات صلة</h3><p><a href="/x">انفجار عبوة ناسفة في الصنمين</a></p>',
    '<blockquote class="twitter-tweet"><p>انفجار في الصنمين</p>— ناشط (@someone)</blockquote>',
    '<blockquote><p>انفجار في الصنمين</p><a href="https://twitter.com/a/status/1">October</a></blockquote>',
    '<blockquote class="instagram-media"><p>انفجار في الصنمين</p></blockquote>',
    '<div class="fb-post">انفجار في الصنمين</div><amp-twitter>انفجار في الصنمين</amp-twitter>',
    '<div class="inArticleAd">انفجار في الصنمين</div><p>إعلان</p><p>–</p><p>***</p>',
    "<figure><img><figcaption>انفجار في الصنمين</figcaption></figure><p>صورة أرشيفية</p>",
    '<div class="post-tags">الوسوم <a>انفجار</a> <a>الصنمين</a></div>',
    '<p>لمتابعة آخر أخبار انفجار الصنمين اشترك بقناتنا على تلغرام</p><div class="newsletter">انفجار</div>',
    '<div class="sharedaddy"><a>انفجار</a></div><script>var x="انفجار"</script><style>.انفجار{}</style>',
    '<p hidden>انفجار</p><p style="display: none">انفجار</p>',
]


@pytest.mark.parametrize("extra", FURNITURE)
@pytest.mark.parametrize("mark", ["entry-content", "zz"])
def test_boxes_posts_captions_and_share_bars_inside_the_text_are_left_out(extra, mark):
    first, *rest = (f"<p>{sentence}</p>" for sentence in SENTENCES)
    found = article(document(f'<div class="{mark}">{first}{extra}{"".join(rest)}</div>')).text
    assert found.split("\n") == SENTENCES


def test_a_sentence_with_a_link_a_quotation_and_a_list_stay():
    inside = '<p>قال <a href="/x">المرصد</a> إن القصف مستمر.</p><blockquote><p>لن نرحل من بيوتنا.</p></blockquote><ul><li>مقتل طفل في البارة.</li></ul>'
    text = article(document(f'<div class="entry-content">{PARAGRAPHS}{inside}</div>')).text
    assert text.split("\n")[3:] == ["قال المرصد إن القصف مستمر.", "لن نرحل من بيوتنا.", "مقتل طفل في البارة."]


def test_invisible_signs_and_ornaments_go_and_diacritics_stay():
    raw = "قُتـــل\u200f ثلاثة\u202e مدنيين\u00a0في\u200b\u200c البلدة ـ سانا، وقال لـ«سانا» عام ١٤٤٤هـ إن ا\u0654\u0645رًا وقع هناك."
    text = article(document(f'<div class="entry-content"><p>{raw}</p></div>')).text
    assert text == "قُتل ثلاثة مدنيين في البلدة - سانا، وقال لـ«سانا» عام ١٤٤٤هـ إن أمرًا وقع هناك."


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ('<meta property="og:title" content="قصف على معرة النعمان - مرصد البلد">', "قصف على معرة النعمان"),
        ('<meta property="og:title" content="مرصد البلد | قصف على معرة النعمان">', "قصف على معرة النعمان"),
        ('<meta property="og:title" content="مرصد البلد">', "قصف على معرة النعمان"),
        ('<meta property="og:title" content="تسجيل الدخول">', "قصف على معرة النعمان"),
        ('<meta property="og:title" content="قصف على &quot;معرة النعمان&quot;\u202e">', 'قصف على "معرة النعمان"'),
    ],
)
def test_the_headline_is_without_the_site_and_like_the_feed_knows_it(head, title):
    assert article(document(f'<div class="entry-content">{PARAGRAPHS}</div>', head)).title == title


def test_a_headline_changed_after_the_feed_told_it_is_taken_where_the_page_says_it_twice():
    new = "ارتفاع حصيلة الضحايا إلى خمسة قتلى"
    body = f'<h1>{new}</h1><div class="entry-content">{PARAGRAPHS}</div>'
    text = f'<html><head><meta property="og:title" content="{new} - مرصد البلد"></head><body>{body}</body></html>'
    assert article(text).title == new


@pytest.mark.parametrize(
    ("first", "last", "agency"),
    [
        ("دمشق - سانا: ", "", "سانا"),
        ("بغداد (رويترز) - ", "", "رويترز"),
        ("بيروت (أ.ف.ب) - ", "", "أ ف ب"),
        ("رام الله - وفا - ", "", "وفا"),
        ("", "(د ب أ)", "د ب أ"),
        ("", "المصدر: وكالة الأناضول", "الأناضول"),
        ("", "المصدر: الجزيرة + رويترز", "رويترز"),
        ("", "المصدر: وكالات", None),
        ("", "وكالات", None),
        ("في بغداد: ", "", None),
    ],
)
def test_datelines_and_credits_name_the_agency(first, last, agency):
    texts = [first + SENTENCES[0], *SENTENCES[1:], *([last] if last else [])]
    body = "".join(f"<p>{text}</p>" for text in texts)
    assert article(document(f'<div class="entry-content">{body}</div>')).agency == agency


LD = '<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"], "datePublished": "%s", "dateModified": "%s"}]}</script>'


@pytest.mark.parametrize(
    ("head", "body", "at", "precision"),
    [
        (LD % ("2022-10-20T10:00:00+03:00", ""), "", "2022-10-20T07:00+00:00", "instant"),
        (
            '<meta property="article:published_time" content="2022-10-20 10:00">',
            "",
            "2022-10-20T07:00+00:00",
            "instant",
        ),
        ("", '<time datetime="2022-10-20T10:00:00Z"></time>', "2022-10-20T10:00+00:00", "instant"),
        ("", '<span class="post-date">الخميس ٢٠ تشرين الأول ٢٠٢٢ - ١٠:٠٠</span>', "2022-10-20T07:00+00:00", "instant"),
        ("", '<span class="post-date">20 أكتوبر 2022</span>', "2022-10-19T21:00+00:00", "day"),
        (LD % ("1970-01-01T00:00:00Z", ""), '<span class="date">20/10/2022</span>', "2022-10-19T21:00+00:00", "day"),
        (LD % ("2099-01-01T00:00:00Z", ""), '<span class="date">20/10/2022</span>', "2022-10-19T21:00+00:00", "day"),
    ],
)
def test_dates_are_read_in_the_outlets_zone_and_only_where_they_can_be_true(head, body, at, precision):
    found = article(document(f'{body}<div class="entry-content">{PARAGRAPHS}</div>', head), published_at=None)
    assert (found.published_at, found.published_precision) == (datetime.fromisoformat(at), precision)


def test_the_feeds_date_wins_and_a_bare_day_of_the_feed_gives_way_to_the_pages_moment_in_it():
    text = document(
        f'<div class="entry-content">{PARAGRAPHS}</div>',
        LD % ("2022-10-20T10:00:00+03:00", "2022-10-20T13:00:00+03:00"),
    )
    assert article(text).published_at == datetime(2022, 10, 20, 9, tzinfo=UTC)
    day = {"published_at": datetime(2022, 10, 19, 21, tzinfo=UTC), "published_precision": "day"}
    found = article(text, **day)
    assert (found.published_at, found.published_precision) == (datetime(2022, 10, 20, 7, tzinfo=UTC), "instant")
    assert found.updated_at == datetime(2022, 10, 20, 10, tzinfo=UTC)


def test_a_refused_page_gives_way_to_the_feeds_own_text_and_then_to_its_summary():
    markup = f"{PARAGRAPHS}<p>ظهرت المقالة <a href='/'>قصف</a> أولاً على <a href='/'>مرصد البلد</a>.</p>"
    found = article("", status=403, content_html=markup)
    assert (found.text.split("\n"), found.text_from) == (SENTENCES, "feed")
    assert article("", status=0, summary=f"{SENTENCES[0]} [&#8230;]").text == SENTENCES[0] + " [&#8230;]"
    assert article("", status=0, summary=f"{SENTENCES[0]} […]").text == SENTENCES[0]


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        '{"title": "قصف", "text": "…"}',
        document('<div class="entry-content"><p>اشترك الآن لتقرأ المقال كاملًا مع بقية المشتركين في الموقع</p></div>'),
        document("<p>Please enable JavaScript to continue using this application and reload the page.</p>"),
        document("<ul>" + '<li><a href="/1">قسم الأخبار المحلية والعربية والدولية</a></li>' * 30 + "</ul>"),
        document('<meta http-equiv="refresh" content="0; url=https://other.example/">'),
        document('<img src="data:image/png;base64,' + "A" * 50_000 + '">'),
    ],
)
def test_what_is_no_article_is_dropped_or_read_from_the_feed(body):
    assert isinstance(clean_page(page(body), FEEDS), Drop)
    found = article(body, content_html=PARAGRAPHS)
    assert (found.text.split("\n"), found.text_from) == (SENTENCES, "feed")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_withdraws_its_article(status):
    found = article("", status=status)
    assert (found.withdrawn, found.text, found.title, found.id) == (
        True, "", "", article_id(identity("https://site.example/news/1")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<link rel="canonical" href="https://site.example/news/one">', "https://site.example/news/one"),
        ("<link href=/news/one rel=canonical>", "https://site.example/news/one"),
        ('<meta property="og:url" content="https://www.site.example/news/one">', "https://www.site.example/news/one"),
        ('<link rel="canonical" href="https://other.example/news/one">', "https://site.example/news/1"),
        ('<link rel="canonical" href="https://site.example/">', "https://site.example/news/1"),
        ('<link rel="canonical" href="/news">', "https://site.example/news/1"),
        ('<link rel="canonical" href="javascript:alert(1)">', "https://site.example/news/1"),
        ('<link rel="canonical" href="">', "https://site.example/news/1"),
    ],
)
def test_a_declared_address_is_believed_on_the_same_site_below_the_front_page_and_sections(link, url):
    text = document(f'<div class="entry-content">{PARAGRAPHS}</div>', link)
    assert article(text).url == url
    assert key_of(page(text)) == article_id(identity(url))


def test_a_redirect_to_the_front_page_is_not_the_article():
    home = Page(
        **{
            **{f: getattr(page(document(PARAGRAPHS)), f) for f in Page.__struct_fields__},
            "url": "https://site.example/",
        }
    )
    assert isinstance(clean_page(home, FEEDS), Drop)
    assert key_of(home) == key_of(page(""))


def test_bytes_that_cannot_be_unpacked_and_addresses_that_are_none_are_quarantined():
    good = page(document(PARAGRAPHS))
    fields = {name: getattr(good, name) for name in Page.__struct_fields__}
    assert isinstance(clean_page(Page(**{**fields, "body": b"no zstd at all"}), FEEDS), Quarantine)
    assert isinstance(clean_page(page(document(PARAGRAPHS), url="ftp://site.example/"), FEEDS), Quarantine)
    assert key_of(Page(**{**fields, "body": b"no zstd at all"})) == key_of(page(""))


def test_a_site_rule_names_the_text_the_title_and_what_goes_and_one_that_finds_nothing_falls_back():
    body = f'<h5>عنوان القاعدة</h5><div id="t">{PARAGRAPHS}<p class="q">سطر زائد لا مكان له هنا.</p></div>'
    rules = read_rules({"site": {"body": '//div[@id="t"]', "title": "//h5", "drop": ['//p[@class="q"]']}})
    found = clean_page(page(document(body), title=None), FEEDS, rules).article
    assert (found.title, found.text.split("\n")) == ("عنوان القاعدة", SENTENCES)
    stale = read_rules({"site": {"body": '//div[@id="gone"]'}})
    assert clean_page(page(document(body)), FEEDS, stale).article.text.split("\n")[:3] == SENTENCES
