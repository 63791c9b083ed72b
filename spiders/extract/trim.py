"""Lines that stand among an article's paragraphs without being of it: pointers elsewhere, appeals, rights, signatures."""

import re

from spiders.extract.blocks import Block

_POINTER = re.compile(
    r"\A\W*(?:read (?:more|also|next|the full)|also read|see also|more(?: on| from| stories)?:|related(?: articles?| stor\w+)?:|watch(?: also| more)?:|listen:|"
    r"don'?t miss:|recommended(?::| for you| reading| stories)|les (?:også|mer)|læs også|läs (?:också|mer|även)|lue myös|lesen sie (?:auch|mehr|hier)|mehr (?:zum thema|dazu)|lire aussi|"
    r"à lire aussi|leggi anche|le[ae] también|lee también|leia (?:também|mais)|lees ook|czytaj (?:też|także|również|więcej)|čtěte (?:také|i)|přečtěte si|"
    r"(?:також |теж )?читайте (?:також|ще|нас|также|и|далее|далі|про це)|также читайте|чита(?:ти|ть|й) (?:також|також:|также|далі|далее)|дивіться (?:також|ще)|смотрите (?:также|ещ[её])|"
    r"(?:по|за) тем(?:е|ою)\s*:|матеріали за темою|материалы по теме|новини за темою|см\. также|див\. також|раніше (?:ми )?писали|"
    r"관련 ?(?:기사|뉴스)|\[?관련기사|▶|☞|►|이 기사도|함께 보면|추천 ?기사|関連(?:記事|ニュース)|相关(?:阅读|新闻)|延伸閱讀|funda olunye)",
    re.IGNORECASE,
)
_APPEAL = re.compile(
    r"\bsign up (?:to|for|now|here)|subscribe (?:to|now|here|today)|\bfollow us\b|follow \w+ on (?:twitter|facebook|x|google|whatsapp|instagram)|join our|get in touch with|download (?:our|the) app|"
    r"(?:our|this) website is the place|preferred source|for more stories|would you like to comment|comment policy|log ?in (?:again|now)|all rights reserved|"
    r"melden sie (?:vertraulich|sich)|fehler gefunden|hat ihnen dieser artikel|réservée? aux abonnés|suscr[ií]b[ea]|iscriviti|"
    r"підпи(?:суйтесь|шіться|суйся|шись)|підписуйтеся|подпи(?:сывайтесь|шитесь|сывайся)|приєднуйтесь|присоединяйтесь|підтримайте нас|поддержите нас|"
    r"(?:виділіть|выделите)[^.]{0,60}ctrl|знайшли помилку|нашли ошибку|передрук|перепечатк|усі права захищ|все права защищ|всі права захищ|"
    r"무단[ ·,]?(?:전재|복제)|재배포|구독(?:해|하기|과)|제보하기|제보는|후원하기|転載を?禁|会員限定|無料会員|メールマガジン",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"newsletter|copyright|©|ⓒ|\(c\) |저작권|google news|abonn(?:ieren|ez)|при (?:використанні|использовании) матер|좋아요|이메일\s*[:=]|카카오톡|네이버 채널|"
    r"촬영 ?기자|영상 ?편집|\A\W*(?:фото|photo|image|foto|bild|사진|головне зображення|главное изображение)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_END = re.compile(r"[.!?…;»”\"'’)\]。！？」』】।؟:]\s*\Z|[다요]\Z")
_LABEL = re.compile(r"\A[^.!?]{2,45}[:|►»>]\s")
_SHORT, _LINE, _PARAGRAPH = 60, 200, 350  # characters
_POINTS = 0.45  # share of links from which a labelled line is a pointer
_NEAR_END = 4


def trim(blocks: list[Block], titles: set[str]) -> list[Block]:
    """Drop what is no part of the text from the blocks chosen, ends first."""
    kept = [block for block in blocks if not _repeats(block, titles) and not pointer(block)]
    while kept and _loose(kept[0]):
        kept.pop(0)
    while kept and (kept[-1].heading or _loose(kept[-1]) or _closing(kept[-1])):
        kept.pop()
    end = len(kept) - _NEAR_END
    return [block for i, block in enumerate(kept) if not (_closing(block) if i >= end else _appeals(block))]


def ends(blocks: list[Block]) -> list[Block]:
    """Give the lines near either end that are no sentences: signatures are among them."""
    return [block for block in [*blocks[:3], *blocks[3:][-2:]] if _loose(block) and not block.heading]


def pointer(block: Block) -> bool:
    """Say whether a line only leads to another article."""
    if len(block.text) > _PARAGRAPH:
        return False
    if _POINTER.match(block.text):
        return bool(block.linked) or len(block.text) < 2 * _SHORT
    return block.linked >= _POINTS * len(block.text) and bool(_LABEL.match(block.text))


def _repeats(block: Block, titles: set[str]) -> bool:
    return block.squashed in titles


def _loose(block: Block) -> bool:
    """Say whether a line at either end is no sentence: a name, a place, a time."""
    return not block.lead and len(block.text) < _SHORT and not _END.search(block.text) and not block.in_list


def _appeals(block: Block) -> bool:
    return len(block.text) < _LINE and bool(_APPEAL.search(block.text))


def _closing(block: Block) -> bool:
    """Say whether a last line is an appeal to readers, a note of rights or the reporter's address."""
    text = block.text
    if len(text) < _PARAGRAPH and _APPEAL.search(text):
        return True
    return (len(text) < _LINE and bool(_RIGHTS.search(text))) or (len(text) < _LINE / 2 and bool(_MAIL.search(text)))
