"""What stands under a body and is not body: sign-off, contacts, navigation, attachments.

A line is cut only when it looks like nothing else, and only from the end upwards, so that no
sentence is lost: the release that ends "Work on these documents will continue at subsequent
meetings of the CSTO Permanent Council." keeps that line above its rule of underscores.
"""

import re
from collections.abc import Sequence

from parsers.blocks import Block, BlockKind

_FILE = (
    r"[^\s/\\]{1,80}\.(?:docx?|pdf|xlsx?|pptx?|rtf|odt|zip|rar|7z"
    r"|jpe?g|png|gif|bmp|webp|tiff?|svg|mp[34]|avi|mov|wmv)"
)
_SIZE = r"(?:\s*[(\[]?\s*\d+(?:[.,]\d+)?\s*(?:bytes|[kmg]i?b|[кмг]б)\s*[)\]]?)?"
_ATTACHMENT = re.compile(
    rf"(?:(?:download|скачать|загрузить|attachment|attached file|file|файл|приложение)\b[\s:]*"
    rf"(?:(?:the\s+)?(?:document|file|документ|файл)\b[\s:]*)?)?{_FILE}{_SIZE}[\s.]*",
    re.IGNORECASE,
)
_NAMES_FILE = re.compile(r"\.[A-Za-z0-9]{2,4}(?![A-Za-z0-9])")
_DOWNLOAD = re.compile(r"download|скачать", re.IGNORECASE)
_ATTACHMENT_WORDS = re.compile(
    rf"(?:download|скачать)\s+(?:the\s+)?(?:document|file|документ|файл|pdf){_SIZE}\W*", re.I
)
_ATTACHMENT_PREFIX = re.compile(
    rf"(?:Download|Скачать)\s+(?:the\s+)?(?:document|file|документ|файл)\s+{_FILE}(?=\s|[A-ZА-Я“\"«(]|$)\s*",
)

RULE = re.compile(r"[_＿]{5,}|[-–—=*~]{8,}|(?:[_\-–—=*]\s){5,}[_\-–—=*]?")
_EMAIL = r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+"
_CONTACT_WORD = (
    r"(?:tel(?:ephone)?|phone|fax|mob(?:ile)?|cell|ext|e-?mail|mail|факс|тел(?:ефон)?|моб|доб"
    r"|эл(?:ектронная)?|почта|web(?:\s?site)?|site|сайт|contacts?|контакты|and|or|и)"
)
_PHONE = re.compile(rf"(?:{_CONTACT_WORD}|[\s.,:;/|()\[\]+*#–—-]|\d)+", re.IGNORECASE)
_CONTACT = re.compile(
    rf"(?:{_CONTACT_WORD}|{_EMAIL}|(?:https?://|www\.)\S+|[\s.,:;/|()\[\]+*#–—-]|\d)+",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"^[\s(]*\+|\d-\d+-\d|\(\d{3,5}\)|[^\W\d_]{3}")
"""A number with a country code, dialling groups or a word such as "tel"; not a span of years."""
_ADDRESS = re.compile(rf"{_EMAIL}|(?:https?://|www\.)\S+", re.IGNORECASE)

_ADDRESS_SIGNS = ("@", "://", "www.", "(at)", "[at]")
_OFFICE = (
    r"(?:press[- ](?:secretary|service|office|officer|cent(?:er|re)|department|attach[eé])"
    r"|(?:information|media|press|public) (?:and (?:media|information|press|public) )?"
    r"(?:relations )?(?:department|office|service|division|section)|spokes(?:man|woman|person)"
    r"|пресс-(?:секретар\w+|служб\w+|центр\w*))"
)
_WORD = r"(?:[A-ZА-ЯЁ][\w.’'-]*)"
_SMALL = r"(?:the|of|for|to|and|acting|и\.\s?о\.)"
_PRESS_OFFICE = re.compile(
    rf"(?:(?:{_SMALL}|{_WORD}|–|-),?\s+){{0,8}}(?i:{_OFFICE})\b,?"
    rf"(?:\s*[,:–—-]?\s*(?:{_SMALL}|{_WORD}))*\s*[,:.]?"
)
_OFFICE_WORDS = ("press", "media", "information", "public", "spokes", "пресс")
_NAME_ONLY = re.compile(rf"(?:{_WORD}\s*){{2,4}},?")

_NAVIGATION = re.compile(
    r"(?:(?:go\s+)?back|return)(?:\s+to\s+(?:the\s+)?(?:all\s+)?"
    r"(?:list|section|news|main|home|top|previous|page|start|index|archive|releases?|press)"
    r"(?:\s+(?:of\s+)?(?:the\s+)?(?:news|page|list|section|releases?|site))*)?"
    r"|(?:to\s+)?(?:the\s+)?(?:all|more|other|latest)\s+(?:the\s+)?(?:news|press\s+releases|releases)"
    r"|(?:to\s+)?the\s+(?:list|section|top)"
    r"|previous|next|(?:previous|next)\s+(?:news|page|article|release)|print(?:\s+(?:version|page))?"
    r"|version\s+for\s+print(?:ing)?|share(?:\s+(?:this|on|with|link)(?:\s+\w+){0,3})?|tweet|like"
    r"|назад|вернуться(?:\s+(?:назад|к\s+\w+|в\s+\w+)(?:\s+\w+)?)?|возврат\s+к\s+списку|к\s+списку"
    r"|(?:назад|к)\s+(?:к\s+)?(?:списку|разделу|новостям)(?:\s+новостей)?|(?:в|к)\s+раздел\w*"
    r"|все\s+новости|версия\s+для\s+печати|печать|поделиться|наверх",
    re.IGNORECASE,
)
_ARROWS = " \t\u00a0«»<>←→‹›↑⇐⇒|/•·.-–—:[]()"

_MARK = re.compile(
    rf"\s*(?:{RULE.pattern}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|(?:The\s+)?(?:CSTO\s+)?{_OFFICE}\b"
    rf"|\+?\d[\d\s()-]{{6,}}|{_EMAIL}\s*$|Go back\s*$|Back to\b)",
    re.IGNORECASE,
)


def is_mark(line: str) -> bool:
    """Whether a block of several lines is parted at this one before it is judged: a date, a rule
    of underscores, a press office, a phone, or whatever else can only be a sign-off's.

    >>> is_mark("tel.: +7 (495) 795-27-10"), is_mark("Back to the agenda of the session")
    (True, True)
    """
    return _MARK.match(line) is not None or is_sign_off(line)


def is_attachment(text: str) -> bool:
    """Whether the line only names or offers a file.

    >>> is_attachment("Download document 39357f.docx"), is_attachment("IMG_2040.JPG")
    (True, True)
    >>> is_attachment("The treaty is in annex.pdf of the decision.")
    False
    """
    if len(text) > 160 or not (_NAMES_FILE.search(text) or _DOWNLOAD.match(text)):
        return False
    return bool(_ATTACHMENT.fullmatch(text) or _ATTACHMENT_WORDS.fullmatch(text))


def without_attachment(text: str) -> str:
    """The text without an attachment's line glued before it.

    >>> without_attachment("Download document 39357f.docxOn May 5, 2021, in Minsk")
    'On May 5, 2021, in Minsk'
    """
    match = _ATTACHMENT_PREFIX.match(text)
    return text[match.end() :] if match else text


def is_sign_off(text: str) -> bool:
    """Whether the line can be nothing but part of a sign-off.

    >>> [is_sign_off(s) for s in ("+7495-621-33-23 - tel/fax", "odkb-pressa@gov.ru", "_" * 30)]
    [True, True, True]
    >>> is_sign_off("The CSTO Press Secretary Vladimir Zaynetdinov"), is_sign_off("Go back")
    (True, True)
    >>> is_sign_off("The CSTO Press Secretary told journalists about the session.")
    False
    """
    if len(text) > 200 or (text[-1:] in ".;:!?" and text.count(" ") > 7):
        return False  # too long, or a sentence
    stripped = text.strip(_ARROWS)
    return (
        (not stripped.strip("_＿-–—=*~ ") and RULE.fullmatch(text.strip()) is not None)
        or _is_contact(text)
        or (len(stripped) <= 60 and _NAVIGATION.fullmatch(stripped) is not None)
        or _is_press_office(text)
    )


def _is_press_office(text: str) -> bool:
    lowered = text.lower()
    named = any(word in lowered for word in _OFFICE_WORDS)
    return named and _PRESS_OFFICE.fullmatch(text) is not None


def _is_contact(text: str) -> bool:
    lowered = text.lower()
    if any(sign in lowered for sign in _ADDRESS_SIGNS) and _ADDRESS.search(text):
        return _CONTACT.fullmatch(text) is not None
    digits = sum(map(text.count, "0123456789"))
    return digits >= 7 and _DIALLED.search(text) is not None and _PHONE.fullmatch(text) is not None


def _is_sentence(text: str) -> bool:
    return text.rstrip("\"'”»)").endswith((".", "!", "?", ";", ":")) and text.count(" ") >= 7


def cut_sign_off(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without the sign-off at their end and without captions, menus and attachments.

    From the end upwards go: what `is_sign_off`, and a bare name that stands between such lines.
    A rule of underscores with nothing but short lines under it takes them all along.
    """
    body = [
        block
        for block in blocks
        if block.kind not in (BlockKind.CAPTION, BlockKind.PASSWORD)
        and not is_attachment(block.text)
    ]
    end = len(body)
    while end and _goes(body, end):
        end -= 1
    end = _under_rule(body, end)
    while end and _goes(body, end):
        end -= 1
    return _without_glued_rule(body[:end])


def _goes(body: list[Block], end: int) -> bool:
    block = body[end - 1]
    if block.kind is BlockKind.NAVIGATION and len(block.text) <= 40:
        return is_sign_off(block.text)
    if is_sign_off(block.text):
        return True
    above = body[end - 2].text if end >= 2 else ""
    return bool(_NAME_ONLY.fullmatch(block.text)) and (
        RULE.fullmatch(above.strip()) is not None or _is_press_office(above)
    )


def _under_rule(body: list[Block], end: int) -> int:
    """Where a rule of underscores near the end begins, if only short lines stand under it."""
    for index in range(end - 1, max(end - 12, -1), -1):
        if _is_sentence(body[index].text) or len(body[index].text) > 160:
            return end
        if RULE.fullmatch(body[index].text.strip()):
            return index
    return end


_GLUED_RULE = re.compile(r"[_＿]{5,}")


def _without_glued_rule(body: list[Block]) -> list[Block]:
    """A dump may run the rule into the last paragraph: `... in Minsk.______The CSTO Press ...`."""
    if not body or not (match := _GLUED_RULE.search(body[-1].text)):
        return body
    last, after = body[-1], body[-1].text[match.end() :].strip(" _")
    before = last.text[: match.start()].rstrip()
    if not before or _is_sentence(after):
        return body
    return [*body[:-1], Block(before, last.kind, last.level, last.gap, group=last.group)]
