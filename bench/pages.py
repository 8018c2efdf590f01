"""Pages as the content systems of newsrooms make them: a sixth of the markup is the article, the rest is everything else.

60 to 120 KB of HTML with 800 to 1,600 elements: metadata, menus, share bars, an embedded post, boxes of related and
of most read articles, comments, scripts and the state of the page's framework.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from random import Random

from msgspec import Struct

from bench.news import Article, headline, newsroom

LEAST_BYTES, MOST_BYTES = 60_000, 120_000


class Skin(Struct, frozen=True):
    """How a content system wraps things: opening tags with their classes, closed by the tag's name."""

    article: str
    body: str
    card: str
    share: str
    comment: str


SKINS = {
    "press": Skin(
        '<article id="post-1" class="post-1 post type-post status-publish hentry">',
        '<div class="entry-content clearfix">',
        '<div class="related-post-item col-md-4">',
        '<div class="sharedaddy sd-sharing-enabled">',
        '<li class="comment even thread-even depth-1">',
    ),
    "portal": Skin(
        '<main role="main" class="node node--type-article">',
        '<div class="field field--name-body field--type-text-with-summary">',
        '<div class="views-row teaser teaser--small">',
        '<div class="addtoany_list social-share">',
        '<div class="comment-wrapper js-comment">',
    ),
    "channel": Skin(
        '<section class="article-page" itemscope itemtype="https://schema.org/NewsArticle">',
        '<div class="article-body" itemprop="articleBody">',
        '<div class="c-card c-card--horizontal">',
        '<div class="share-tools share-tools--sticky">',
        '<div class="user-comment">',
    ),
    "agency": Skin(
        '<div class="single-news-page">',
        '<div class="post-content" id="newsBody">',
        '<div class="news-block news-block-two">',
        '<div class="social-share-box">',
        '<div class="comment-box">',
    ),
}


def closing(opening: str) -> str:
    """The end tag of an opening tag."""
    return f"</{opening[1:].split(maxsplit=1)[0].rstrip('>')}>"


def wrapped(opening: str, inside: str) -> str:
    return f"{opening}{inside}{closing(opening)}"


def page(article: Article, url: str) -> str:
    """The article's page, as found at ``url``."""
    random, skin = Random(f"page {article.story} {article.telling}"), SKINS[article.skin]
    others = [_teaser(article, n) for n in range(1, 15)]
    parts = [
        _head(article, url, random),
        _header(random),
        wrapped(skin.article, "".join(_main(article, url, skin, random, others))),
        _sidebar(skin, others, random),
        _footer(),
    ]
    html = "".join(parts)
    wanted = random.randint(LEAST_BYTES + 4_000, MOST_BYTES - 6_000)
    missing = wanted - len(html.encode()) - len("</body></html>")
    return f"{html}{_state(random, missing)}</body></html>\n"


def _teaser(article: Article, number: int) -> tuple[str, str, str]:
    """Path, title and hour of another article that this page links to."""
    random = Random(f"teaser {article.story} {number}")
    story = random.randrange(article.story + 200)
    title = headline(story, article.telling, article.published_at)
    return f"/news/{story}/{article.telling}", title, f"{random.randrange(24):02}:{random.randrange(60):02}"


def _head(article: Article, url: str, random: Random) -> str:
    title, summary = escape(article.title), escape(article.paragraphs[0])
    at, image = (
        article.published_at.isoformat(),
        f"/uploads/2026/{random.randint(1, 12):02}/{article.story}-1024x683.jpg",
    )
    properties = {
        "og:type": "article", "og:locale": "ar_AR", "og:title": title, "og:description": summary, "og:url": url,
        "og:site_name": escape(article.outlet), "og:image": image, "og:image:width": "1024", "og:image:height": "683",
        "article:published_time": at, "article:modified_time": at, "article:section": article.section,
    }  # fmt: skip
    metas = "".join(f'<meta property="{name}" content="{value}" />\n' for name, value in properties.items())
    names = {
        "description": summary,
        "twitter:card": "summary_large_image",
        "twitter:title": title,
        "twitter:image": image,
    }
    metas += "".join(f'<meta name="{name}" content="{value}" />\n' for name, value in names.items())
    links = "".join(
        f'<link rel="stylesheet" href="/assets/css/{n}.min.css?ver=6.{n}" media="all" />\n' for n in range(9)
    )
    scripts = "".join(f'<script async src="/assets/js/vendor-{n}.min.js"></script>\n' for n in range(8))
    return (
        f'<!DOCTYPE html>\n<html lang="ar" dir="rtl">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title} - {article.outlet}</title>\n'
        f'<link rel="canonical" href="{url}" />\n{metas}{links}{scripts}'
        f'<script type="application/ld+json">{_json_ld(article, url, image)}</script>\n'
        f"<style>{_css(random)}</style>\n{_tracking(random)}</head>\n"
    )


def _json_ld(article: Article, url: str, image: str) -> str:
    at = article.published_at.isoformat()
    graph = [
        {
            "@type": "NewsArticle", "headline": article.title, "datePublished": at, "dateModified": at, "image": [image],
            "mainEntityOfPage": url, "inLanguage": "ar", "articleSection": article.section,
            "author": {"@type": "Organization", "name": article.outlet},
            "publisher": {"@type": "Organization", "name": article.outlet, "logo": {"@type": "ImageObject", "url": "/logo.png"}},
        },
        {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": article.section}]},
    ]  # fmt: skip
    return json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)


def _css(random: Random) -> str:
    rules = (
        f".c{n}-{random.randint(100, 999)}{{margin:{random.randint(0, 40)}px auto;padding:0 {n % 20}px;color:#{random.randrange(1 << 24):06x};"
        f"display:flex;transition:all .2s ease-in-out}}"
        for n in range(random.randint(60, 110))
    )
    return "".join(rules)


def _tracking(random: Random) -> str:
    return (
        "<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}"
        f"gtag('js',new Date());gtag('config','G-{random.randrange(1 << 40):010X}');"
        "(function(d,s,id){var js,f=d.getElementsByTagName(s)[0];if(d.getElementById(id))return;js=d.createElement(s);"
        "js.id=id;f.parentNode.insertBefore(js,f);}(document,'script','social-sdk'));</script>\n"
    )


def _header(random: Random) -> str:
    items = []
    for n, name in enumerate(newsroom()["site"]["menu"]):
        below = "".join(
            f'<li class="menu-item menu-item-{n}{k}"><a href="/section/{n}/{k}"><span>{name} {k}</span></a></li>'
            for k in range(random.randint(2, 6))
        )
        items.append(
            f'<li class="menu-item menu-item-has-children"><a href="/section/{n}">{name}</a><ul class="sub-menu">{below}</ul></li>'
        )
    icons = "".join(_icon(random) for _ in range(6))
    menu = "".join(items)
    return (
        f'<body class="rtl single single-post"><div id="page" class="site"><header id="masthead" class="site-header">'
        f'<div class="top-bar"><ul class="social">{icons}</ul><form role="search" action="/search"><input name="q" type="search">'
        f'<button type="submit"></button></form></div><nav class="main-navigation" id="site-navigation"><ul>{menu}</ul></nav>'
        f'<nav class="mobile-menu" aria-hidden="true"><ul>{menu}</ul></nav></header>\n'
    )


def _icon(random: Random) -> str:
    path = " ".join(f"{random.choice('MLCQ')}{random.random() * 24:.2f} {random.random() * 24:.2f}" for _ in range(14))
    return f'<li><a href="#" rel="nofollow"><svg viewBox="0 0 24 24" width="18"><path d="{path}z"/></svg></a></li>'


def _main(article: Article, url: str, skin: Skin, random: Random, others: list[tuple[str, str, str]]) -> Iterator[str]:
    yield f'<div class="breadcrumbs"><a href="/">{newsroom()["site"]["menu"][0]}</a> » <a href="#">{article.section}</a></div>'
    yield f'<h1 class="entry-title">{escape(article.title)}</h1>'
    at = article.published_at
    yield f'<div class="entry-meta"><span class="byline"><a href="/author/1">{article.outlet}</a></span>'
    yield f'<time datetime="{at.isoformat()}">{at:%Y/%m/%d - %H:%M}</time></div>'
    yield _share(skin, url, random)
    yield f'<figure><img src="/uploads/{article.story}.jpg" srcset="{_srcset(article.story)}" alt="{escape(article.title)}">'
    yield f"<figcaption>{article.outlet}</figcaption></figure>"
    yield wrapped(skin.body, "".join(_body(article, random, others)))
    yield _share(skin, url, random)
    yield (
        '<div class="tags-links">'
        + "".join(f'<a href="/tag/{n}" rel="tag">{t}</a>' for n, t in enumerate(newsroom()["site"]["menu"][1:8]))
        + "</div>"
    )
    yield _cards(skin, others[:8], random, newsroom()["site"]["boxes"][1])
    yield _comments(skin, random)


def _body(article: Article, random: Random, others: list[tuple[str, str, str]]) -> Iterator[str]:
    """The text, with what content systems put between its paragraphs."""
    box_after, post_after = random.randint(1, 3), random.randint(2, 5)
    for n, paragraph in enumerate(article.paragraphs):
        yield f"<p>{_linked(escape(paragraph), random)}</p>\n"
        if n == box_after:
            links = "".join(f'<li><a href="{path}">{escape(title)}</a></li>' for path, title, _ in others[:3])
            yield f'<div class="read-also"><h4>{random.choice(newsroom()["site"]["boxes"])}</h4><ul>{links}</ul></div>\n'
        if n == post_after:
            text = random.choice(newsroom()["site"]["comments"])
            yield f'<blockquote class="twitter-tweet" data-lang="ar"><p lang="ar" dir="rtl">{text}</p>&mdash; @user{random.randint(1, 999)}'
            yield f' <a href="https://social.example/{random.randrange(1 << 40)}">{article.published_at:%d/%m/%Y}</a></blockquote>\n'
            yield '<script async src="https://social.example/widgets.js" charset="utf-8"></script>\n'
        if n % 4 == 3:
            yield f'<div class="ad-slot" id="ad-{n}"><script>googletag.cmd.push(function(){{googletag.display("ad-{n}");}});</script></div>\n'


def _linked(paragraph: str, random: Random) -> str:
    """Now and then two words of a paragraph are a link or stand in bold."""
    words = paragraph.split(" ")
    if len(words) > 12 and random.random() < 0.35:
        at = random.randrange(3, len(words) - 4)
        tag = random.choice((f'<a href="/tag/{at}" title="">', "<strong>", '<span style="color:#333">'))
        words[at : at + 2] = [wrapped(tag, " ".join(words[at : at + 2]))]
    return " ".join(words)


def _share(skin: Skin, url: str, random: Random) -> str:
    names = ("facebook", "twitter", "whatsapp", "telegram", "mail", "copy")
    links = "".join(
        f'<a class="share-{name} btn" href="https://{name}.example/share?u={url}" target="_blank"><i class="fa fa-{name}"></i>'
        f'<span class="count">{random.randint(0, 99)}</span></a>'
        for name in names
    )
    return wrapped(skin.share, links)


def _srcset(number: int) -> str:
    return ", ".join(
        f"/uploads/{number}-{width}x{width * 2 // 3}.jpg {width}w" for width in (300, 480, 768, 1024, 1536)
    )


def _cards(skin: Skin, others: list[tuple[str, str, str]], random: Random, heading: str) -> str:
    cards = "".join(
        wrapped(
            skin.card,
            f'<a href="{path}" class="thumb"><img loading="lazy" src="data:image/gif;base64,R0lGOD" data-srcset="{_srcset(n)}" alt=""></a>'
            f'<div class="info"><span class="cat">{random.choice(newsroom()["site"]["menu"][1:9])}</span>'
            f'<h3 class="title"><a href="{path}">{escape(title)}</a></h3><span class="time">{hour}</span></div>',
        )
        for n, (path, title, hour) in enumerate(others)
    )
    return f'<div class="related-posts"><h2>{heading}</h2><div class="row">{cards}</div></div>'


def _comments(skin: Skin, random: Random) -> str:
    texts = newsroom()["site"]["comments"]
    comments = "".join(
        wrapped(
            skin.comment,
            f'<div class="comment-author vcard"><img class="avatar" src="/avatar/{n}.png" alt=""><cite>user{random.randint(1, 9999)}</cite></div>'
            f'<div class="comment-content"><p>{random.choice(texts)}، {random.choice(texts)}.</p></div>'
            f'<div class="reply"><a rel="nofollow" href="#c{n}">↩</a> <span>{random.randint(0, 40)}</span></div>',
        )
        for n in range(random.randint(3, 14))
    )
    return f'<div id="comments" class="comments-area"><ol class="comment-list">{comments}</ol><form id="commentform"><textarea></textarea></form></div>'


def _sidebar(skin: Skin, others: list[tuple[str, str, str]], random: Random) -> str:
    most_read = "".join(
        f'<li><span class="rank">{n}</span><a href="{path}">{escape(title)}</a><time>{hour}</time></li>'
        for n, (path, title, hour) in enumerate(others[4:], 1)
    )
    latest = _cards(skin, others[6:], random, newsroom()["site"]["boxes"][2])
    return f'<aside id="secondary" class="widget-area"><section class="widget"><h2>{newsroom()["site"]["boxes"][3]}</h2><ol>{most_read}</ol></section>{latest}</aside>'


def _footer() -> str:
    columns = "".join(
        f'<div class="col"><h5>{name}</h5><ul>'
        + "".join(
            f'<li><a href="/page/{n}/{k}">{other}</a></li>' for k, other in enumerate(newsroom()["site"]["menu"][:9])
        )
        + "</ul></div>"
        for n, name in enumerate(newsroom()["site"]["menu"][:6])
    )
    return f'<footer class="site-footer">{columns}<p class="copyright">© 2026</p></footer></div>\n'


def _state(random: Random, length: int) -> str:
    """Scripts of about ``length`` bytes, as a framework leaves its state on the page."""
    rows, size = [], 0
    while size < length - 400:
        row = {
            "id": random.randrange(1 << 32), "slug": f"item-{random.randrange(1 << 32):x}", "views": random.randint(0, 90_000),
            "flags": [random.random() < 0.5 for _ in range(4)], "token": f"{random.getrandbits(256):064x}",
        }  # fmt: skip
        rows.append(json.dumps(row))
        size += len(rows[-1]) + 1
    return f'<script id="__STATE__" type="application/json">{{"items":[{",".join(rows)}]}}</script>'
