"""URLs in one form: what is fetched and shown (``canonical``), and what an article is known by (``identity``).

The two differ on purpose: a server may need ``www.``, ``m.`` or the order of parameters to answer, while the id of an article
must be the same for http and https, for its AMP and mobile twins, and for every address that a share button makes of it.
Both are idempotent, and need no network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

import idna

from ingest import urlrules as rules

MAX_LENGTH = 2000
"""Characters of a canonical URL; a percent-encoded Arabic letter takes six."""

_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_AMPERSANDS = re.compile(r"&(?:amp;)+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-_~/!$&'()*+,;=:@]*")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TRIPLET = re.compile(r"%([0-9A-Fa-f]{2})")
_ASCII_TRIPLET = re.compile(r"%[0-7]")
_BEYOND_ASCII = re.compile(r"([A-Za-z]?)((?:%[89A-Fa-f][0-9A-Fa-f])+)")
_LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*")
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%!$&'()*+,;=:@/~"
_AMP_CACHE = re.compile(
    r"https?://(?:[^/?#]*\.cdn\.ampproject\.org/[a-z]{1,3}|(?:www\.)?google\.[a-z.]{2,6}/amp)/(s/)?([^/?#]+\.[^/?#]+.*)"
)


class BadUrl(ValueError):
    """Not an address that Rasid may ask for; the message says why."""


def canonical(url: str, base: str | None = None) -> str:
    """The address to fetch and to show: absolute, http or https, host in lower-case ASCII, default ports, fragments, tracking
    parameters and session ids dropped, percent-encoding in one form (NFC, upper-case hex, unreserved characters plain).

    Relative addresses are joined to ``base``. Raises BadUrl for other schemes, user names, broken hosts, and more than
    MAX_LENGTH characters.
    """
    return _checked(url, base, clean=True)


def absolute(url: str, base: str | None = None) -> str:
    """As ``canonical``, with every parameter kept: what a redirect asks for, and a feed's own address. Raises BadUrl."""
    return _checked(url, base, clean=False)


@lru_cache(maxsize=8192)
def identity(url: str) -> str:
    """The string that ids are made of: https, without ``www.`` and the hosts, paths and parameters of AMP and mobile twins,
    without trailing slashes and index pages, the parameters sorted. Raises BadUrl as ``canonical`` does."""
    parts = urlsplit(canonical(url))
    path = _plain_path(parts.path)
    query = "&".join(sorted(pair for pair in parts.query.split("&") if pair and not _marks_twin(pair)))
    return f"https://{_plain_host(parts)}{path}" + (f"?{query}" if query else "")


def twin_key(url: str) -> tuple[bool, str]:
    """Sorts the addresses of one article: plain ones before AMP and mobile twins, then the least."""
    parts = urlsplit(canonical(url))
    plain_host = _plain_host(parts) in (parts.netloc, parts.netloc.removeprefix("www."))
    plain_path = _plain_path(parts.path) == (re.sub(r"/+", "/", parts.path).rstrip("/") or "/")
    plain = plain_host and plain_path and not any(map(_marks_twin, parts.query.split("&")))
    return (not plain, parts.geturl())


def host(url: str) -> str:
    """The host in lower case, without port; empty where there is none. Never raises."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def registrable(url: str) -> str:
    """The domain that a publisher owns: ``enabbaladi.net``, ``spa.gov.sa``, ``name.blogspot.com``; an IP address stays whole.
    Empty where the URL has no host. By a short list of second-level suffixes, not the whole public suffix list."""
    name = host(url)
    labels = name.split(".")
    if len(labels) < 3 or _is_address(name):
        return name
    ends_in_pair = len(labels[-1]) == 2 and labels[-2] in rules.SECOND_LEVEL
    keep = 3 if ends_in_pair or ".".join(labels[-2:]) in rules.SHARED_HOSTS else 2
    return ".".join(labels[-keep:])


def belongs(url: str, domains: Iterable[str]) -> bool:
    """Whether the URL's host is one of ``domains`` or stands below one; ``www.`` in either does not matter."""
    name = host(url).removeprefix("www.")
    wanted = [domain.lower().rstrip(".").removeprefix("www.") for domain in domains]
    return bool(name) and any(name == domain or name.endswith("." + domain) for domain in wanted if domain)


def _checked(url: str, base: str | None, *, clean: bool) -> str:
    if len(url) > 4 * MAX_LENGTH:
        raise BadUrl("longer than an address may be")
    try:
        text = _AMPERSANDS.sub("&", _UNSAFE.sub("", url.strip()) if not url.isprintable() else url.strip())
        result = _clean(text, base) if clean else _one_form(text if base is None else urljoin(base, text))
    except BadUrl:
        raise
    except UnicodeError as error:
        raise BadUrl("characters that no address has") from error
    except ValueError as error:
        raise BadUrl(str(error)) from error
    if len(result) > MAX_LENGTH:
        raise BadUrl("longer than an address may be")
    return result


def _clean(text: str, base: str | None) -> str:
    result = _one_form(text if base is None else urljoin(base, text), clean=True)
    while cached := _AMP_CACHE.fullmatch(result):
        result = _one_form(f"{'https' if cached[1] else 'http'}://{cached[2]}", clean=True)
    return result


def _one_form(text: str, *, clean: bool = False) -> str:
    parts = urlsplit(_slashes(text))
    if parts.scheme not in ("http", "https"):
        raise BadUrl(f"scheme {parts.scheme[:20] or 'missing'!r}: only http and https are fetched")
    path = _path(_SESSION_PATH.sub("", parts.path) if clean and ";" in parts.path else parts.path)
    query = _query(parts.query, clean)
    return f"{parts.scheme}://{_authority(parts)}{path}" + (f"?{query}" if query else "")


def _slashes(text: str) -> str:
    """Backslashes before the query are slashes, as browsers read them."""
    if "\\" not in text:
        return text
    cut = min((place for place in (text.find("?"), text.find("#")) if place >= 0), default=len(text))
    return text[:cut].replace("\\", "/") + text[cut:]


def _authority(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        raise BadUrl("carries a user name")
    name, port = parts.hostname or "", parts.port
    shown = _host(name.rstrip("."))
    default = 80 if parts.scheme == "http" else 443
    return shown if port in (None, default) else f"{shown}:{port}"


def _host(name: str) -> str:
    if ":" in name:
        if "%" in name:
            raise BadUrl("an address with a zone is of this machine alone")
        return f"[{IPv6Address(name).compressed}]"
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode("ascii")
    if not _HOST.fullmatch(name) or ".." in name:
        raise BadUrl(f"host {name[:60]!r} is none")
    last = name.rsplit(".", 1)[-1]
    if (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last)) and not _is_address(name):
        raise BadUrl(f"host {name[:60]!r} is a number that is no address")
    return name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _path(path: str) -> str:
    if _PLAIN_PATH.fullmatch(path):  # no dots, so no dot segments either
        return path or "/"
    return _without_dots(_encoded(path)) or "/"


def _encoded(text: str, safe: str = _SAFE) -> str:
    """One form of percent-encoding. Bytes that are no UTF-8 (old windows-1256 slugs) stay as they are, in upper-case hex."""
    if not _LEGAL.fullmatch(text):
        text = quote(_STRAY_PERCENT.sub("%25", text), safe=safe)
    if "%" not in text:
        return text
    if _ASCII_TRIPLET.search(text):
        text = _TRIPLET.sub(_triplet, text)
    return _BEYOND_ASCII.sub(_composed, text)


def _triplet(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else f"%{match[1].upper()}"


def _composed(match: re.Match[str]) -> str:
    letter, triplets = match[1], match[2].upper()
    try:
        text = letter + unquote_to_bytes(triplets).decode("utf-8")
    except UnicodeDecodeError:
        return letter + triplets
    if unicodedata.is_normalized("NFC", text):
        return letter + triplets
    return quote(unicodedata.normalize("NFC", text), safe="~")


def _without_dots(path: str) -> str:
    if "/." not in path and not path.startswith("."):
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept) + ("/" if segments[-1] in (".", "..") and kept[-1] else "")


def _query(query: str, clean: bool) -> str:
    if not query:
        return ""
    if not clean:
        return _encoded(query, _SAFE + "?")
    pairs = (_encoded(pair, _SAFE + "?") for pair in query.split("&") if pair)
    return "&".join(pair for pair in pairs if not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = name.lower()
    if name in rules.TRACKING or name.startswith(rules.TRACKING_PREFIXES):
        return True
    return name in rules.SESSION_IF_LONG and rules.SESSION_VALUE.fullmatch(value) is not None


def _marks_twin(pair: str) -> bool:
    return pair.lower() in rules.TWIN_PARAMETERS or pair.partition("=")[0].lower() in rules.TWIN_NAMES


def _plain_host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    labels = [f"[{name}]"] if ":" in name else name.split(".")
    owned = len(registrable(parts.geturl()).split("."))
    while len(labels) > owned and labels[0] in rules.TWIN_HOSTS:
        del labels[0]
    return ".".join(labels) + (f":{parts.port}" if parts.port not in (None, 80, 443) else "")


def _plain_path(path: str) -> str:
    segments = [segment for segment in path.split("/") if segment]
    while True:
        before = list(segments)
        segments = [segment for segment in segments if segment.lower() != "amp"]
        if (segments and segments[0].lower() in rules.TWIN_FIRST) or segments[:1] == ["index.php"]:
            del segments[0]
        if segments:
            segments[-1] = rules.TWIN_SUFFIX.sub(r"\1", segments[-1])
        if segments and (not segments[-1] or segments[-1].lower() in rules.INDEX_PAGES):
            del segments[-1]
        if segments == before:
            return "/" + "/".join(segments)
