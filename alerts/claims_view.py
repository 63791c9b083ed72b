"""The figures of an article as the templates of a mail want them, with the last figures of the same kind beside.

Pure. Made where the article is decided upon, kept with the queued mail as JSON, shown when it leaves: so that a mail tried
twice says the same twice, whatever has become of the ledger meanwhile.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from alerts.headers import shortened
from alerts.marks import Piece, around, pieces
from storage.claim_model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from storage.claim_model import Figure, Flow, LastFigure, Place, WeighedClaim

SHOWN = 8  # figures of an article
LAST = 3  # earlier figures beside one
SENTENCE = 240  # characters of a sentence
NAME = 60  # characters of a name
_MILLION = 1_000_000

UNITS = {
    "troops": ("soldier", "troops"),
    "officers": ("officer", "officers"),
    "generals": ("general", "generals"),
    "sappers": ("sapper", "sappers"),
    "builders": ("military builder", "military builders"),
    "workers": ("worker", "workers"),
    "killed": ("killed", "killed"),
    "wounded": ("wounded", "wounded"),
    "casualties": ("casualty", "casualties"),
    "missing": ("missing", "missing"),
    "pow": ("prisoner of war", "prisoners of war"),
    "deserters": ("deserter", "deserters"),
    "brigades": ("brigade", "brigades"),
    "battalions": ("battalion", "battalions"),
    "artillery": ("artillery piece", "artillery pieces"),
    "mlrs": ("rocket launcher", "rocket launchers"),
    "shells": ("shell", "shells"),
    "missiles": ("missile", "missiles"),
    "air_defense": ("air defence system", "air defence systems"),
    "vehicles": ("vehicle", "vehicles"),
    "containers": ("container", "containers"),
    "ships": ("ship", "ships"),
    "ships_voyages": ("voyage", "voyages"),
    "wagons": ("railway wagon", "railway wagons"),
    "oil_barrels": ("barrel of oil", "barrels of oil"),
    "money_usd": ("", ""),
}
"""What is counted, one and many. Dollars stand before their number."""

EVENTS = {
    "sent": "sent",
    "deployed": "deployed",
    "losses": "losses",
    "captured": "captured",
    "deserted": "deserted",
    "returned": "returned",
    "withdrew": "withdrawn",
    "produced": "produced",
    "trained": "trained",
    "used": "used",
    "paid": "paid",
}
SIDES = {"KP": "North Korea", "RU": "Russia"}
MODALITIES = {
    "fact": "",
    "expected": "expected",
    "possible": "possible",
    "conditional": "on a condition",
    "denied": "denied",
}
_APPROX = {
    "about": "about ",
    "more_than": "more than ",
    "at_least": "at least ",
    "up_to": "up to ",
    "nearly": "nearly ",
}
_DECIDED = {Status.CONFIRMED: "confirmed", Status.CORRECTED: "corrected", Status.REJECTED: "rejected"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A figure of the same kind that was reported before, and who said it when."""

    amount: str
    said: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A figure as a mail shows it. `state` is new, recap, denied, rejected or ""; `decided` tells what an analyst made of it."""

    figure: str
    what: str
    how: str
    who: str
    through: str
    last: tuple[Earlier, ...]
    state: str
    decided: str
    sentence: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ClaimTable:
    """The figures of an article: those shown, and how many are not."""

    rows: tuple[ClaimRow, ...] = ()
    more: int = 0

    @property
    def new(self) -> tuple[ClaimRow, ...]:
        """Those that are new."""
        return tuple(row for row in self.rows if row.state == "new")


NO_CLAIMS = ClaimTable()


def claim_table(
    claims: Sequence[WeighedClaim], last: Mapping[Flow, Sequence[LastFigure]], names: Callable[[str], str], on: date
) -> ClaimTable:
    """Prepare an article's claims: the new ones first, recaps last, each otherwise in its place.

    `last` are earlier figures by flow, shown where a flow comes first; `names` gives the display name of an origin or
    relay; `on` is the article's day, whose year goes without saying.
    """
    ordered = sorted(claims, key=_rank)
    told: set[Flow] = set()
    rows = []
    for claim in ordered[:SHOWN]:
        flow = claim.figure.flow
        before = () if flow in told else last.get(flow, ())
        told.add(flow)
        rows.append(_row(claim, before, names, on))
    return ClaimTable(tuple(rows), max(len(ordered) - SHOWN, 0))


def joined(one: ClaimTable, other: ClaimTable) -> ClaimTable:
    """Put the figures of two articles together: the same of the same source once, new ones first."""
    rows = {(row.figure, row.what, row.who): row for row in (*other.rows, *one.rows)}
    ordered = sorted(rows.values(), key=lambda row: row.state != "new")
    return ClaimTable(tuple(ordered[:SHOWN]), one.more + other.more + max(len(ordered) - SHOWN, 0))


def _rank(claim: WeighedClaim) -> int:
    return {"new": 0, "recap": 2, "rejected": 3}.get(_state(claim), 1)


def _state(claim: WeighedClaim) -> str:
    if claim.status is Status.REJECTED:
        return "rejected"
    if claim.figure.denied:
        return "denied"
    return "new" if claim.new else "recap" if claim.figure.recap else ""


def _row(claim: WeighedClaim, last: Sequence[LastFigure], names: Callable[[str], str], on: date) -> ClaimRow:
    figure = claim.figure
    return ClaimRow(
        figure=figure_words(figure),
        what=", ".join(filter(None, (EVENTS.get(figure.event, figure.event), _sides(figure)))),
        how=MODALITIES.get(figure.modality, figure.modality),
        who=shortened(names(figure.origin), NAME) if figure.origin else "",
        through=", ".join(shortened(names(relay), NAME) for relay in figure.relays),
        last=tuple(_last(one, names, on) for one in last[:LAST]),
        state=_state(claim),
        decided=_decided(claim),
        sentence=_sentence(claim.reading.place),
    )


def figure_words(figure: Figure) -> str:
    """A figure with what is counted: "about 11,000 troops", "5,000–7,000 more shells", "$20 million"."""
    one, many = UNITS.get(figure.unit, (figure.unit, figure.unit))
    noun = one if figure.low == figure.high == 1 else many
    return " ".join(filter(None, (amount_words(figure), "more" if figure.increment else "", noun)))


def amount_words(figure: Figure) -> str:
    """The number alone, as people write it: "more than 6,000", "5,000–7,000", "1.5 million"."""
    sign = "$" if figure.unit == "money_usd" else ""
    if figure.low == figure.high:
        return f"{_APPROX.get(figure.approx, '')}{sign}{_number(figure.low)}"
    low, high = _number(figure.low), _number(figure.high)
    if low.partition(" ")[2] == high.partition(" ")[2]:
        low = low.partition(" ")[0]  # 10–12 million
    else:
        low, high = f"{figure.low:,}", f"{figure.high:,}"  # 500–2 million would be a million times as much
    vague = _APPROX.get(figure.approx, "") if figure.approx == "about" else ""
    return f"{vague}{sign}{low}–{high}"


def _number(number: int) -> str:
    """Thousands in groups; round millions in words."""
    size, word = (1000 * _MILLION, "billion") if number >= 1000 * _MILLION else (_MILLION, "million")
    if number < size or number % (size // 100):
        return f"{number:,}"
    return f"{number / size:,.2f}".rstrip("0").rstrip(".") + f" {word}"


def _sides(figure: Figure) -> str:
    sides = (SIDES.get(side, side) for side in (figure.actor, figure.recipient) if side)
    return " → ".join(sides)


def _last(one: LastFigure, names: Callable[[str], str], on: date) -> Earlier:
    who = shortened(names(one.figure.origin), NAME) if one.figure.origin else "nobody named"
    said = one.figure.said_on or one.at.date()
    year = f" {said.year}" if said.year != on.year else ""
    return Earlier(amount_words(one.figure), f"{who}, {said.day} {_MONTHS[said.month - 1]}{year}")


def _decided(claim: WeighedClaim) -> str:
    word = _DECIDED.get(claim.status, "")
    return f"{word} by {shortened(claim.by, NAME)}" if word and claim.by.strip() else word


def _sentence(place: Place) -> tuple[Piece, ...]:
    """The sentence with its figure marked; a long one cut at words around it."""
    text = place.sentence
    start = min(max(place.start - place.sentence_start, 0), len(text))
    mark = start, max(min(place.end - place.sentence_start, len(text)), start)
    begin, end = around(text, mark, (0, len(text)), SENTENCE)
    inner = pieces(text, [mark] if mark[0] < mark[1] else [], begin, end)
    before = (Piece("… "),) if begin else ()
    return before + inner + ((Piece(" …"),) if end < len(text) else ())


def to_plain(table: ClaimTable) -> dict[str, Any]:
    """A table as JSON has it."""
    return asdict(table)


def from_plain(value: Mapping[str, Any]) -> ClaimTable:
    """The table that `to_plain` wrote; one without rows where there was none."""
    rows = (
        {
            **row,
            "last": tuple(Earlier(**one) for one in row["last"]),
            "sentence": tuple(Piece(**one) for one in row["sentence"]),
        }
        for row in value.get("rows", ())
    )
    return ClaimTable(tuple(ClaimRow(**row) for row in rows), value.get("more", 0))
