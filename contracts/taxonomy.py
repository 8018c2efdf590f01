"""Event types: ACLED's (version of the codebook of 2023) with its sub-events as slugs, and PLOVER's categories.

Sources: ACLED codebook (names of types and sub-events), PLOVER (Halterman et al. 2023; categories and quad classes).
"""

from __future__ import annotations

from msgspec import Struct


class SubEvent(Struct, frozen=True):
    """A sub-event type: its ACLED event type and names, and the PLOVER category and mode that it maps to by default."""

    slug: str
    event_type: str
    family: str
    name_en: str
    name_ar: str
    plover: str
    plover_mode: str | None = None


_ROWS = (
    # slug, family, English name, Arabic name, PLOVER, mode
    ("armed_clash", "battles", "Armed clash", "اشتباك مسلح", "ASSAULT", "firearms"),
    (
        "government_regains_territory",
        "battles",
        "Government regains territory",
        "استعادة الحكومة أرضًا",
        "ASSAULT",
        "control",
    ),
    (
        "non_state_actor_overtakes_territory",
        "battles",
        "Non-state actor overtakes territory",
        "سيطرة جهة غير حكومية على أرض",
        "ASSAULT",
        "control",
    ),
    (
        "shelling_artillery_missile_attack",
        "explosions",
        "Shelling/artillery/missile attack",
        "قصف مدفعي أو صاروخي",
        "ASSAULT",
        "heavy-weapons",
    ),
    ("air_drone_strike", "explosions", "Air/drone strike", "غارة جوية أو مسيّرة", "ASSAULT", "aerial"),
    (
        "remote_explosive_landmine_ied",
        "explosions",
        "Remote explosive/landmine/IED",
        "عبوة أو لغم أو تفجير عن بعد",
        "ASSAULT",
        "explosives",
    ),
    ("suicide_bomb", "explosions", "Suicide bomb", "تفجير انتحاري", "ASSAULT", "suicide-attack"),
    ("grenade", "explosions", "Grenade", "قنبلة يدوية", "ASSAULT", "explosives"),
    ("chemical_weapon", "explosions", "Chemical weapon", "سلاح كيميائي", "ASSAULT", "unconventional"),
    ("attack", "civilians", "Attack", "اعتداء على مدنيين", "ASSAULT", "primitive"),
    ("sexual_violence", "civilians", "Sexual violence", "عنف جنسي", "ASSAULT", "sexual"),
    (
        "abduction_forced_disappearance",
        "civilians",
        "Abduction/forced disappearance",
        "خطف أو إخفاء قسري",
        "ASSAULT",
        "abduct",
    ),
    ("peaceful_protest", "protests", "Peaceful protest", "احتجاج سلمي", "PROTEST", "demonstrate"),
    (
        "protest_with_intervention",
        "protests",
        "Protest with intervention",
        "احتجاج جرى التدخل ضده",
        "PROTEST",
        "demonstrate",
    ),
    (
        "excessive_force_against_protesters",
        "protests",
        "Excessive force against protesters",
        "قوة مفرطة ضد محتجين",
        "PROTEST",
        "demonstrate",
    ),
    ("violent_demonstration", "riots", "Violent demonstration", "مظاهرة عنيفة", "PROTEST", "riot"),
    ("mob_violence", "riots", "Mob violence", "عنف جماعي", "PROTEST", "riot"),
    ("agreement", "strategic", "Agreement", "اتفاق", "AGREE", None),
    ("arrests", "strategic", "Arrests", "اعتقالات", "COERCE", "arrest"),
    (
        "change_to_group_activity",
        "strategic",
        "Change to group/activity",
        "تغيّر في نشاط جماعة",
        "MOBILIZE",
        "troops",
    ),
    ("disrupted_weapons_use", "strategic", "Disrupted weapons use", "إحباط استخدام سلاح", "COERCE", "seize"),
    (
        "headquarters_or_base_established",
        "strategic",
        "Headquarters or base established",
        "إقامة مقر أو قاعدة",
        "MOBILIZE",
        "troops",
    ),
    (
        "looting_property_destruction",
        "strategic",
        "Looting/property destruction",
        "نهب أو تخريب ممتلكات",
        "COERCE",
        "seize",
    ),
    (
        "non_violent_transfer_of_territory",
        "strategic",
        "Non-violent transfer of territory",
        "انتقال سلمي للسيطرة",
        "RETREAT",
        "withdraw",
    ),
    ("other", "strategic", "Other", "غير ذلك", "MOBILIZE", None),
)

EVENT_TYPES = {
    "battles": ("Battles", "معارك"),
    "explosions": ("Explosions/Remote violence", "انفجارات وعنف عن بعد"),
    "civilians": ("Violence against civilians", "عنف ضد مدنيين"),
    "protests": ("Protests", "احتجاجات"),
    "riots": ("Riots", "أعمال شغب"),
    "strategic": ("Strategic developments", "تطورات استراتيجية"),
}
"""ACLED event types by family slug: English and Arabic names. ``event_type`` of a report is the English name."""

SUB_EVENTS = {
    slug: SubEvent(slug, EVENT_TYPES[family][0], family, en, ar, plover, mode)
    for slug, family, en, ar, plover, mode in _ROWS
}

PLOVER = {
    # category: (quad class, Arabic name); 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict
    "AGREE": (1, "اتفاق"),
    "CONSULT": (1, "تشاور"),
    "SUPPORT": (1, "تأييد"),
    "CONCEDE": (1, "تنازل"),
    "COOPERATE": (2, "تعاون"),
    "AID": (2, "مساعدة"),
    "RETREAT": (2, "تراجع"),
    "REQUEST": (3, "مطالبة"),
    "ACCUSE": (3, "اتهام"),
    "REJECT": (3, "رفض"),
    "THREATEN": (3, "تهديد"),
    "PROTEST": (4, "احتجاج"),
    "SANCTION": (4, "عقوبات"),
    "MOBILIZE": (4, "حشد"),
    "COERCE": (4, "إكراه"),
    "ASSAULT": (4, "اعتداء"),
}


def family(sub_event_type: str | None, plover: str | None = None) -> str:
    """The family that ids and merging go by: ACLED's family slug, or the PLOVER category in lower case, or ``none``."""
    if sub_event_type is not None:
        return SUB_EVENTS[sub_event_type].family
    return (plover or "none").lower()


def quad_class(plover: str | None) -> int | None:
    """1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict."""
    return PLOVER[plover][0] if plover else None
