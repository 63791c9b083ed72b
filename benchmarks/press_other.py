"""Other news of the synthetic press: football, floods, the war, shares, weather; by templates, names and numbers at random."""

from __future__ import annotations

import random
from datetime import timedelta

from press_words import TONGUES, number, plural


def other_article(language, near, day, seed):
    """Title and paragraphs of an article on something else."""
    chance, tongue = random.Random(seed), TONGUES[language]
    kinds = [one for one in tongue.texts["other"].values() if one.get("near", False) is near]
    known = chance.choice(kinds)

    main = _any(tongue, day, chance)
    at = chance.randrange(len(known["titles"]))
    title, lead = (
        tongue.say(one, main, chance) for one in (known["titles"][at], known["leads"][at % len(known["leads"])])
    )
    sentences = [tongue.say(one, main, chance) for one in chance.sample(known["facts"], chance.randint(3, 5))]
    want, pool = chance.randint(600, 3000) // (2 if language == "ko" else 1), []
    while len(lead) + sum(map(len, sentences)) < want:
        pool = pool or chance.sample(tongue.texts["fill"]["list"], len(tongue.texts["fill"]["list"]))
        sentences.insert(chance.randint(1, len(sentences)), tongue.say(pool.pop(), _any(tongue, day, chance), chance))
    step = chance.randint(2, 4)
    return title, (lead, *(" ".join(sentences[at : at + step]) for at in range(0, len(sentences), step)))


def _any(tongue, day, chance):
    """Slots for one sentence of other news: names and numbers at random."""
    words = {name: chance.choice(found) for name, found in tongue.texts["words"].items()}
    values = {
        "n": plural(chance, 10, 95),
        "m": plural(chance, 100, 990),
        "c": plural(chance, 5, 12),
        "k": chance.randint(2, 7),
    }
    free = {
        "city2": chance.choice(tongue.texts["words"]["city"]),
        "Name": words["name"],
        "big": number(tongue.language, plural(chance, 1100, 90_000, 100), chance),
        "pct": f"{chance.randint(0, 14)}{'.' if tongue.language in {'en', 'ko'} else ','}{chance.randint(1, 9)}",
        "deg": chance.randint(35, 39),
        "a": chance.randint(1, 5),
        "b": chance.randint(0, 4),
    }
    return tongue.slots(values, day + timedelta(days=chance.randint(-3, 3)), chance) | words | free
