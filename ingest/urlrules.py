"""Names that URLs are cleaned by: tracking parameters, twins of an article, second-level suffixes.

Only names that never choose an article are listed: ``id``, ``eid``, ``cid``, ``nid``, ``p``, ``page``, ``source`` do on some
site, which is why the broad patterns of general-purpose cleaners are not used here.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACKING_PREFIXES = (
    "utm_",
    "ns_",
    "at_custom",
    "pk_",
    "mtm_",
    "hsa_",
    "vero_",
    "itm_",
    "_x_tr_",
    "aspsessionid",
    "guce_",
)

TRACKING = _words(
    # click ids of advertisers and networks
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mkt_tok mc_cid mc_eid "
    "mibextid sfnsn __twitter_impression fb_action_ids fb_action_types fb_source fb_ref action_object_map "
    # campaigns of broadcasters and agencies
    "at_medium at_campaign at_link at_link_id at_link_type at_link_origin at_format at_ptr_name at_bbc_team ocid cmpid icid "
    "ncid ito maca xtor xtref wt_zmc wt.mc_id wt.rss_f traffic_source tracking_source s_cid smid soc_src soc_trk spm "
    # where the reader came from
    "ref ref_src ref_url referrer referer rss feed_source share shared share_from wprov guccounter _ga _gl _hsenc _hsmi "
    # sessions
    "phpsessid jsessionid cfid cftoken sessionid session_id"
)

SESSION_IF_LONG = frozenset({"sid", "s", "session", "token"})
"""A session where the value is long and random; a story's number where it is short."""
SESSION_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z]{24,}")

TWIN_HOSTS = frozenset({"www", "www1", "www2", "m", "amp", "mobile", "wap", "touch"})
TWIN_FIRST = frozenset({"mobile"})
TWIN_SUFFIX = re.compile(r"\.amp(\.html?|)$", re.IGNORECASE)
TWIN_NAMES = frozenset({"amp", "amp_js_v", "amp_gsa", "usqp"})
TWIN_PARAMETERS = frozenset(
    {"outputtype=amp", "output=amp", "view=amp", "view=mobile", "m=1", "mobile=1", "print=1", "nomobile=1"}
)
INDEX_PAGES = frozenset(
    {"index.php", "index.html", "index.htm", "index.aspx", "index.asp", "default.aspx", "default.asp"}
)

SECOND_LEVEL = _words(
    "com net org gov edu mil ac co info gob gouv sch med pub news press biz name web tv int or ne go nom asso "
    "presse ltd plc me police govt gen"
)
"""Second labels under a country's top level below which names are given out: .com.sa, .gov.sy, .org.uk, .gouv.dz."""

SHARED_HOSTS = _words(
    "blogspot.com wordpress.com github.io gitlab.io substack.com medium.com tumblr.com weebly.com wixsite.com netlify.app "
    "vercel.app pages.dev herokuapp.com web.app firebaseapp.com"
)
"""Hosts whose subdomains belong to different people."""
