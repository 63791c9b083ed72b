"""The events of the synthetic press, and how each is reported: first, copied, retitled, translated, told anew, followed up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from press_words import LANGUAGES, TONGUES, plural, world

START = datetime(2026, 3, 2, tzinfo=UTC)
MEAN_STORY, MOST_STORY = 10, 60
OUTLETS = {
    "en": ["reuters", "ap", "afp", "guardian", "bbc", "voa", "nk_news", "korea_herald", "korea_times", "kyiv_independent", "moscow_times", "defense_news", "the_diplomat", "dw", "rfa", "politico", "sky_news", "telegraph"],
    "uk": ["ukrinform", "ukrpravda", "suspilne", "rbc_ua", "unian", "nv", "liga", "militarnyi", "defense_express", "army_inform", "radio_svoboda", "tsn", "censor", "hromadske", "babel", "zn_ua", "focus", "espreso"],
    "ru": ["tass", "ria", "interfax", "kommersant", "meduza", "the_insider", "mediazona", "current_time", "vostok_today", "eastrussia", "novaya_gazeta_europe", "rbc", "lenta", "gazeta_ru", "izvestia", "fontanka", "vedomosti", "verstka"],
    "ko": ["yonhap", "kbs", "chosun", "joongang", "donga", "hankyoreh", "newsis", "hankook_ilbo", "daily_nk", "mbc", "sbs", "ytn", "segye", "munhwa", "kyunghyang", "seoul_shinmun", "news1", "edaily"],
}  # fmt: skip
ORIGINS = {
    "troops": "kr_nis kr_jcs ua_gur us_dod uk_mod reuters nyt",
    "losses": "kr_nis ua_genstaff uk_mod ua_gur us_dod isw",
    "capture": "ua_genstaff ua_gur kr_nis",
    "shells": "kr_jcs ua_gur reuters csis kr_nis msmt",
    "sanctions": "us_state reuters",
    "visit": "kcna ru_mod ru_mfa",
    "workers": "ua_gur kr_nis nyt msmt",
    "memorial": "kcna ru_mfa ru_mod",
    "strike": "ua_prosecutor ua_genstaff ua_gur reuters",
    "treaty": "kcna ru_mod ru_mfa kr_nis",
    "tech": "kr_nis kr_jcs msmt ua_gur reuters csis",
    "sappers": "kcna ru_mod kr_nis ua_gur",
    "koksan": "ua_genstaff ua_gur isw",
}
CONFIRMING = ("kr_nis", "us_dod", "us_state", "uk_mod", "kr_jcs", "isw")
OF_MOSCOW = {"kcna", "ru_mod", "ru_mfa"}
FIGURES = {
    "troops": "n",
    "losses": "n",
    "shells": "n",
    "workers": "n",
    "strike": "m",
    "tech": "m",
    "sappers": "n",
    "koksan": "c",
}  # what may be raised
PLACES = {
    "troops": "front",
    "losses": "front",
    "capture": "front",
    "sappers": "front",
    "koksan": "front",
    "memorial": "memorial",
}
APART = timedelta(days=10)  # two stories of a kind so near are not of the same place, person or thing
RANGES = {  # of n and m: least, most, step
    "troops": ((600, 9000, 100), (500, 4000, 100)),
    "losses": ((25, 900, 1), (60, 2400, 10)),
    "shells": ((60, 2900, 10), (20_000, 900_000, 5000)),
    "workers": ((300, 6000, 100), (1000, 12_000, 500)),
    "sappers": ((100, 1500, 50), (15, 900, 5)),
    "memorial": ((95, 2300, 1), (5, 29, 1)),
    "sanctions": ((10, 20, 1), (5, 38, 1)),
    "visit": ((10, 20, 1), (15, 90, 1)),
    "strike": ((10, 20, 1), (15, 130, 1)),
    "treaty": ((10, 20, 1), (5, 20, 1)),
    "tech": ((10, 20, 1), (15, 160, 1)),
    "koksan": ((10, 20, 1), (5, 38, 1)),
    "capture": ((10, 20, 1), (5, 38, 1)),
}


@dataclass
class Draft:
    """An article before it has its number: ids follow time."""

    at: datetime
    story: str
    kind: str
    lang: str = ""
    outlet: str = ""
    title: str = ""
    paragraphs: tuple = ()
    same: Draft | None = field(default=None, repr=False)
    material: bool = False
    near: bool = False


@dataclass
class Story:
    id: str
    kind: str
    start: datetime
    values: dict
    size: int


def sizes(total, chance):
    """Numbers of articles of stories that come to `total`: most are few, some very many (Pareto's, between 1 and 60)."""
    found = []
    for _ in range(max(1, round(total / MEAN_STORY))):
        alpha, most = 0.3, min(MOST_STORY, total)
        found.append(max(1, int((1 - chance.random() * (1 - most**-alpha)) ** (-1 / alpha))))
    while sum(found) != total:
        at = chance.randrange(len(found))
        step = 1 if sum(found) < total else -1
        if 1 <= found[at] + step <= MOST_STORY or len(found) * MOST_STORY < total:
            found[at] += step
    return found


def stories(total, days, chance):
    """The events, in order: half of them made beside one of the same kind, of another place and with other figures."""
    starts = sorted(
        START + timedelta(days=chance.uniform(0, max(0.2, days - 3))) for _ in range(max(1, round(total / MEAN_STORY)))
    )
    made, used = [], []
    for number, (start, size) in enumerate(zip(starts, sizes(total, chance), strict=True), 1):
        lately = [one.kind for one in made[-12:] if start - one.start < timedelta(days=3)]
        while True:
            kind = chance.choice(lately) if lately and chance.random() < 0.5 else chance.choice(list(ORIGINS))
            values = facts_of(kind, chance)
            key = (
                kind,
                tuple(
                    values[name]
                    for name in ("place", "city", "site", "from", "who", "guest", "system", "doc")
                    if name in values
                )[:1],
            )
            if not any(key == other and start - at < APART for at, other in used):
                break
        used.append((start, key))
        made.append(Story(f"s{number:03}", kind, start, values, size))
    return made


def facts_of(kind, chance):
    """What a story of this kind says, by slots, the same in all languages."""
    pick, groups = chance.choice, world()["groups"]
    (n, m), c = (plural(chance, *RANGES[kind][at]) for at in (0, 1)), plural(chance, 5, 12)
    values = {"n": n, "m": m, "c": c, "c2": plural(chance, c + 1, 20), "f": plural(chance, 5, 19), "g": plural(chance, 50, 120), "k": chance.randint(2, 5),
              "age": pick((19, 20, 25, 26, 27, 28, 29)), "flats": plural(chance, 60, 900), "brigade": pick((59, 47, 80, 95, 36, 17, 44, 56, 68, 79, 110, 118)),
              "topic": chance.randrange(8), "origin": pick(ORIGINS[kind].split()), "unit": pick(list(world()["unit"]))}  # fmt: skip
    if kind == "losses":
        values["m"] = plural(chance, int(1.5 * n), 4 * n + 10)
    if kind in PLACES:
        values["place"] = pick(groups[PLACES[kind]])
    extra = {
        "shells": lambda: {
            "from": pick(groups["port_from"]),
            "to": pick(groups["port_to"]),
            "ship": pick(list(world()["ship"])),
        },
        "tech": lambda: {"from": pick(groups["port_from"]), "system": pick(list(world()["system"]))},
        "sanctions": lambda: {
            "who": pick(list(world()["lister"])),
            **dict(zip(("firm", "firm2"), chance.sample(list(world()["firm"]), 2), strict=True)),
        },
        "workers": lambda: {"site": pick(groups["site"])},
        "strike": lambda: {"city": pick(groups["city"])},
        "treaty": lambda: {"doc": pick(list(world()["doc"])), "place": pick(groups["town_ru"] + groups["town_kp"])},
        "visit": lambda: _visit(chance, groups),
    }
    return values | extra.get(kind, dict)()


def _visit(chance, groups):
    guest, town = chance.choice((("guest_ru", "town_kp"), ("guest_kp", "town_ru")))
    return {"guest": chance.choice(groups[guest]), "place": chance.choice(groups[town])}


class Reporting:
    """Writes the articles of one story."""

    def __init__(self, story, chance):
        self.story, self.chance = story, chance
        self.values = dict(story.values)
        self.drafts = []

    def all(self):
        story, chance = self.story, self.chance
        developments = self._developments()
        later = {name: max(1, round(0.12 * story.size)) for name in developments}
        early = max(0, story.size - 1 - sum(later.values()))
        language = chance.choices(LANGUAGES, (30, 25, 20, 25))[0]
        first = self._written(story.start, language, "first")
        if early and chance.random() < 0.3:
            early -= 1
            self._flash(first)
        self.drafts.append(first)
        for offset in sorted(self._delay(2.0) for _ in range(early)):
            self.drafts.append(self._one_more(story.start + offset))
        for name, at in developments.items():
            self._follow(name, at, later[name])
        return self.drafts

    def _delay(self, median):
        return timedelta(hours=min(44, self.chance.lognormvariate(0, 1.2) * median + 0.05))

    def _developments(self):
        size, chance, kind = self.story.size, self.chance, self.story.kind
        number = (size >= 4 and chance.random() < 0.6) + (size >= 15) + (size >= 30)
        possible = [
            "confirm",
            *(["figure"] if kind in FIGURES else []),
            *(["denial"] if self.values["origin"] not in OF_MOSCOW else []),
        ]
        times = sorted(
            self.story.start + timedelta(hours=chance.uniform(16, 44)) for _ in range(min(number, len(possible)))
        )
        return dict(zip(chance.sample(possible, len(times)), times, strict=True))

    def _outlet(self, language):
        used = {one.outlet for one in self.drafts}
        free = [one for one in OUTLETS[language] if one not in used]
        return self.chance.choice(free or OUTLETS[language])

    def _slots(self, language, day):
        return TONGUES[language].slots(self.values, day, self.chance)

    def _title(self, language, slots):
        tongue = TONGUES[language]
        return tongue.say(self.chance.choice(tongue.texts["kind"][self.story.kind]["titles"]), slots, self.chance)

    def _written(self, at, language, kind):
        """The story in words of its own."""
        tongue, chance = TONGUES[language], self.chance
        known = tongue.texts["kind"][self.story.kind]
        slots = self._slots(language, self.story.start)
        lead = tongue.say(chance.choice(known["leads"]), slots, chance)
        body = [tongue.say(one, slots, chance) for one in chance.sample(known["facts"], chance.randint(2, 5))]
        return Draft(
            at,
            self.story.id,
            kind,
            language,
            self._outlet(language),
            self._title(language, slots),
            (lead, *self._paragraphs(language, body)),
        )

    def _paragraphs(self, language, body):
        """Facts, what is said around them, and the recap that many articles end with."""
        chance, tongue = self.chance, TONGUES[language]
        around = [tongue.say(one, {}, chance) for one in chance.sample(tongue.texts["context"], chance.randint(1, 7))]
        cut = (len(body) + 1) // 2
        made = [" ".join(body[:cut]), *([" ".join(body[cut:])] if body[cut:] else []), " ".join(around)]
        if chance.random() < 0.7:
            made.append(chance.choice(tongue.texts["recap"]))
        return made

    def _flash(self, first):
        """A line ahead of the first report."""
        tongue = TONGUES[first.lang]
        title = self.chance.choice(tongue.texts["flash"]).format(title=first.title)
        at = first.at - timedelta(minutes=self.chance.uniform(3, 20))
        self.drafts.append(Draft(at, self.story.id, "flash", first.lang, first.outlet, title, (first.title,)))

    def _one_more(self, at):
        way = self.chance.random()
        base = self.chance.choice([one for one in self.drafts if one.kind != "flash"])
        if way < 0.3:
            return self._copy(base, at)
        if way < 0.4:
            return self._retitled(base, at)
        language = self.chance.choice(LANGUAGES)
        there = any(one.lang == language for one in self.drafts)
        return self._written(at, language, "own" if there else "translation")

    def _copy(self, base, at):
        """The same text at another outlet."""
        chance, tongue = self.chance, TONGUES[base.lang]
        title = (
            base.title if chance.random() < 0.6 else self._title(base.lang, self._slots(base.lang, self.story.start))
        )
        text = base.paragraphs
        if chance.random() < 0.2 and len(text) > 3:
            text = text[:-1]
        if chance.random() < 0.4:
            text = (*text, chance.choice(tongue.texts["credits"]))
        return Draft(
            max(at, base.at + timedelta(minutes=2)),
            base.story,
            "copy",
            base.lang,
            self._outlet(base.lang),
            title,
            text,
            base.same or base,
        )

    def _retitled(self, base, at):
        """The same outlet's text again, at a new address, with a word added or none."""
        chance, tongue = self.chance, TONGUES[base.lang]
        title = chance.choice(tongue.texts["retitled"]).format(title=base.title)
        text = base.paragraphs
        if chance.random() < 0.7:
            text = (*text[:2], chance.choice(tongue.texts["added"]), *text[2:])
        return Draft(
            max(at, base.at + timedelta(minutes=9)),
            base.story,
            "retitled",
            base.lang,
            base.outlet,
            title,
            text,
            base.same or base,
        )

    def _follow(self, name, at, number):
        """A new fact on the next day, and who else reports it."""
        chance, old = self.chance, dict(self.values)
        if name == "figure":
            slot = FIGURES[self.story.kind]
            self.values[slot] = plural(
                chance, int(1.2 * old[slot]) + 3, 2 * old[slot] + 9, 100 if old[slot] % 100 == 0 else 1
            )
        if name == "confirm":
            self.values["origin2"] = chance.choice([one for one in CONFIRMING if one != old["origin"]])
        begun = []
        times = [at, *sorted(at + self._delay(1.5) for _ in range(number - 1))]
        for when in times:
            if begun and chance.random() < 0.3:
                begun.append(self._copy(chance.choice(begun), when))
            else:
                begun.append(self._followup(name, when, at, old, material=not begun))
            self.drafts.append(begun[-1])

    def _followup(self, name, when, day, old, *, material):
        chance, language = self.chance, self.chance.choice(LANGUAGES)
        tongue = TONGUES[language]
        known, follow = tongue.texts["kind"][self.story.kind], tongue.texts["follow"][name]
        slots = self._slots(language, day)
        slots["title"] = self._title(language, slots)
        slots["that"] = tongue.clause(known["that"], slots, chance)
        slots["figure"] = tongue.clause(known["figure"], slots, chance)
        slots["old"] = tongue.clause(known["figure"], tongue.slots(old, day, chance), chance)
        title = tongue.say(chance.choice(follow["titles"]), slots, chance)
        lead = tongue.say(chance.choice(follow["leads"]), slots, chance)
        before = self._slots(language, self.story.start)
        body = [tongue.say(one, before, chance) for one in chance.sample(known["facts"], 2)]
        return Draft(
            when,
            self.story.id,
            "followup",
            language,
            self._outlet(language),
            title,
            (lead, *self._paragraphs(language, body)),
            material=material,
        )
