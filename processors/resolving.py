"""Mentions to records: a draft's places and actors with what they resolve to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.records import Actor, Place
from processors.drafts import Draft
from processors.mentions import Mentions, Setting
from processors.passage import Located, Passage
from processors.places_of import exactness
from msgspec import structs


def resolve_draft(draft: Draft, own: Mentions, every: Sequence[Mentions], setting: Setting) -> None:
    """Fills place, place list, initiators and targets of a draft from its mentions."""
    row=[]
    for l in draft.extra["places"]:
        m=l.mention
        e=max(m.entries,key=lambda x:x.population,default=None)
        p=Place(text=m.text,start=m.start,end=m.end,name=m.name if not e else e.name,country=e.country if e else None,lat=e.lat if e else None,lon=e.lon if e else None,precision=exactness(m),admin1_code=e.admin1_code if e else None,admin2=e.admin2 if e else None,geonameid=e.geonameid if e else None)
        if draft.is_title: p=structs.replace(p,start=-1,end=-1,title_start=m.start)
        row.append(p)
    draft.place=row[0] if row else None
    draft.place_list=tuple(row)
