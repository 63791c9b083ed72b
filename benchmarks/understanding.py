"""What reading one article of 4,000 characters costs: words, concepts and gate, the default rules, fifty rules that miss.

    .venv/bin/python benchmarks/understanding.py

CPU milliseconds, the best of many: the machine's noise only adds.
"""

import time

from analysis.document import Document
from analysis.query import parse
from analysis.text import words
from khasan.topic import load_topic

UKRAINIAN = ("Північнокорейські військові та артилерія на Курщині, повідомили в Сеулі та Києві. " * 60)[:4000]
ENGLISH = (
    "Pyongyang has sent artillery shells and soldiers to the Kursk region, officials in Seoul said on Monday. " * 50
)[:4000]


def best(work, times=30):
    """Milliseconds of the quickest of several runs."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found) * 1000


def missing_rules(count=50, terms=36):
    """Rules of which every term must be looked at and none is true."""
    return [
        parse(
            f"(alpha{n} OR pyongyang) AND (soldier* OR troop* OR {' OR '.join(f'w{n}x{k}*' for k in range(terms))}) "
            f"AND kursk AND zeta{n}"
        )
        for n in range(count)
    ]


def main():
    topic, rules = load_topic(), missing_rules()
    topic.lexicon.concepts(UKRAINIAN)
    rows = {
        "words": lambda: words(UKRAINIAN),
        "concepts and gate": lambda: topic.lexicon.candidate(UKRAINIAN),
        f"{len(topic.rules.rules)} default rules": lambda: topic.rules.hits(Document("A title", UKRAINIAN)),
        f"{len(rules)} rules that miss": lambda: match_all(rules),
    }
    for name, work in rows.items():
        print(f"{name:24} {best(work):6.2f} ms")


def match_all(rules):
    """Ask all rules of one document."""
    document = Document("A title", ENGLISH)
    return [rule.match(document) for rule in rules]


if __name__ == "__main__":
    main()
