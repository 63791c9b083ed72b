"""Whether a feed's entry holds the whole article, so that its page need not be asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.model import Entry

ENOUGH = 1500  # characters; teasers and leads stay below. A Hangul syllable or a Chinese character says as much as two letters.
_TAIL = 400  # characters at the end in which a teaser says that it is one
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_FOOTER = re.compile(  # WordPress and its like put it under whole articles and under excerpts
    r"\s*(?:(?:The post\b|Запись\b|Сообщение\b|Допис\b|Запис\b)[^\n]{0,600}"
    r"(?:appeared first on|first appeared on|впервые появилась|появились сначала|з['’]явив?ся спочатку|спочатку з['’]явився)[^\n]{0,200})\Z",
    re.IGNORECASE,
)
_TEASER = re.compile(
    r"(?:…|\.\.\."
    r"|(?:\A|[\n.!?…»”\"'\])|]\s{0,3})"
    r"(?:continue reading|read (?:more|on|the (?:full|whole|rest)|full)|full (?:story|article)|keep reading|view (?:full|original)"
    r"|чита(?:ти|йте) (?:далі|повністю|також на|більше)|докладніше|детальніше"
    r"|чита(?:ть|йте) (?:далее|полностью|дальше|целиком)|подробнее|продолжение следует"
    r"|(?:(?:기사|원문|전체|전문)\s?)?(?:더\s?)?보기|자세히\s?보기|계속\s?읽기|続きを読む|阅读全文|閱讀全文)"
    r"[^\n]{0,120})"
    r"[\s»›>→\])】.:]*\Z",
    re.IGNORECASE,
)


def whole_article(entry: Entry) -> bool:
    """Whether an entry whose text came from a field for whole texts is one: long enough, and not cut off at the end.

    `entry.whole` says where the text came from.
    """
    text = entry.text
    if not entry.whole or len(text) < ENOUGH // 2:
        return False
    if len(text) + len(_DENSE.findall(text[: 2 * ENOUGH])) < ENOUGH:
        return False
    return not _TEASER.search(_FOOTER.sub("", text[-2 * _TAIL :])[-_TAIL:])
