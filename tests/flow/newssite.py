"""A local server with as many feeds as wanted, each with a few articles in newsroom Arabic made from templates by number.

Every feed has a host name of its own below localhost, as every outlet has in the world.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Self

TOWNS = ("جاسم", "نوى", "الحراك", "طفس", "داعل", "انخل", "الصنمين", "إزرع", "بصرى الشام", "درعا")
WHAT = (
    "قصفت قوات النظام بالمدفعية مدينة {town} في محافظة درعا، ما أدى إلى مقتل {n} مدنيين وإصابة {m} آخرين.",
    "قُتل {n} أشخاص وأصيب {m} آخرون في اشتباكات بين مسلحين محليين وخلايا تنظيم “الدولة” في مدينة {town} بمحافظة درعا.",
    "انفجرت عبوة ناسفة في مدينة {town} بمحافظة درعا، ما أسفر عن مقتل {n} مدنيين وجرح {m} آخرين.",
    "اعتقلت قوات النظام {m} شبان في مدينة {town} بريف درعا بعد حملة دهم.",
    "افتتحت مديرية الزراعة في مدينة {town} بمحافظة درعا سوقًا جديدة للمزارعين بحضور {m} من الأهالي.",
)
MORE = (
    "وقال مراسلنا في المنطقة إن الأهالي شهدوا الحادثة صباح اليوم، ونقلوا المصابين إلى المشفى الوطني.",
    "وتشهد المحافظة توترًا منذ أسابيع، بحسب مصادر محلية متقاطعة.",
    "ولم يصدر تعليق رسمي حتى لحظة تحرير هذا الخبر.",
)
START = datetime(2022, 10, 3, 6, tzinfo=UTC)


def article(number: int, outlet: int) -> tuple[str, list[str], datetime]:
    """Title, paragraphs and time of the number-th story as an outlet tells it; outlets differ in their last words."""
    random = Random(number)
    town, day = random.choice(TOWNS), number % 20
    lead = random.choice(WHAT).format(town=town, n=random.randint(3, 9), m=random.randint(3, 9))
    own = Random(f"{number}/{outlet}")
    paragraphs = [
        lead,
        *own.sample(MORE, 2),
        f"وأفادت شبكة الأخبار رقم {outlet} بأن الوضع عاد إلى الهدوء مساء في {town}.",
    ]
    title = lead.partition("،")[0].rstrip(".")
    return title, paragraphs, START + timedelta(days=day, minutes=own.randint(0, 300))


class NewsSite:
    """``feeds`` outlets with ``items`` articles each, over ``stories`` stories that several of them tell."""

    def __init__(self, feeds: int, items: int, stories: int = 60) -> None:
        self.feeds, self.items, self.stories = feeds, items, stories
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body, kind = site.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> tuple[int, bytes, str]:
        match path.strip("/").split("/"):
            case ["feed", outlet]:
                return 200, self.feed(int(outlet)).encode(), "application/rss+xml"
            case ["article", outlet, story]:
                return 200, self.page(int(story), int(outlet)).encode(), "text/html"
        return 404, b"", "text/plain"

    def told(self, outlet: int) -> list[int]:
        return Random(outlet).sample(range(self.stories), self.items)

    def feed(self, outlet: int) -> str:
        items = []
        for story in self.told(outlet):
            title, _, at = article(story, outlet)
            link = f"{self.base()}/article/{outlet}/{story}"
            items.append(
                f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{format_datetime(at)}</pubDate></item>"
            )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>شبكة {outlet}</title>{"".join(items)}</channel></rss>'

    def page(self, story: int, outlet: int) -> str:
        title, paragraphs, at = article(story, outlet)
        body = "".join(f"<p>{p}</p>" for p in paragraphs)
        menu = "".join(f'<li><a href="/section/{i}">قسم {i}</a></li>' for i in range(12))
        return (
            f'<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title} - شبكة {outlet}</title>'
            f'<meta property="article:published_time" content="{at.isoformat()}"></head><body><nav><ul>{menu}</ul></nav>'
            f'<main><article><h1>{title}</h1><div class="entry-content">{body}</div></article></main>'
            f"<aside><h3>الأكثر قراءة</h3><ul>{menu}</ul></aside><footer>جميع الحقوق محفوظة</footer></body></html>"
        )

    def write_list(self, path: Path, sample: Path | None) -> None:
        """A feed list of all outlets, and of the sample's first where ``sample`` (seeds/feeds.toml) is given."""
        parts = []
        if sample is not None:
            text = sample.read_text(encoding="utf-8")
            start, end = text.index("# --- sample outlets"), text.index("# --- outlets ---")
            parts.append(text[start:end])
        parts.extend(
            f'[[outlet]]\nid = "o{outlet}"\nname = "شبكة {outlet}"\nname_en = "Network {outlet}"\ncountry = "SY"\n'
            f'timezone = "Asia/Damascus"\nviewpoint = "independent"\nkind = "site"\ndomains = []\n'
            f'feeds = [{{ id = "f{outlet}", url = "{self.base()}/feed/{outlet}" }}]\n'
            for outlet in range(self.feeds)
        )
        path.write_text("\n".join(parts), encoding="utf-8")
