"""What is cut from under a body, and what never is (FACTS "CSTO pages": footer, traps)."""

import pytest

from parsers.blocks import Block, BlockKind, blocks_of_text
from parsers.signoff import cut_sign_off, is_attachment, is_sign_off
from tests.parsers.dumps import FOOTERS

BODY = ("The session was held.", "Work on these documents will continue at subsequent meetings.")


def cut(*lines: str) -> tuple[str, ...]:
    return tuple(block.text for block in cut_sign_off(blocks_of_text("\n".join(lines))))


@pytest.mark.parametrize("footer", FOOTERS)
def test_every_footer_goes_and_the_last_sentence_stays(footer: tuple[str, ...]) -> None:
    assert cut(*BODY, *footer) == BODY


@pytest.mark.parametrize(
    "line",
    [
        "The CSTO Press Secretary Vladimir Zaynetdinov",
        "The CSTO Press Secretary Vladimir Zainetdinov",
        "Press Secretary of the CSTO Yury Shuvalov",
        "Vladimir Zaynetdinov, CSTO Press Secretary",
        "CSTO Press Office",
        "Press service of the CSTO Secretariat",
        "Пресс-секретарь ОДКБ Владимир Зайнетдинов",
        "+7495-621-33-23 - tel/fax",
        "tel.: 8 (495) 795-27-10, fax: 8 (495) 621-33-23",
        "E-mail: odkb-pressa@gov.ru",
        "+7495-795-27-10, odkb-pressa@gov.ru",
        "www.odkb-csto.org",
        "Go back",
        "Back to the section",
        "Back to the all news",
        "« Back to list",
        "Возврат к списку",
        "___________",
        "Print version",
    ],
)
def test_is_sign_off(line: str) -> None:
    assert is_sign_off(line)


@pytest.mark.parametrize(
    "line",
    [
        "The CSTO Press Secretary informed the media about the results.",
        "The CSTO Press Secretary told journalists",
        "Press conference of the Secretary General",
        "The next session will be held in Minsk.",
        "1. Budget for 2023",
        "12.05.2022",
        "Back to peace: the parties agreed on a ceasefire",
        "Call 112.",
        "- Statement on security;",
        "Armenia | 10 | 20",
        "2021-2025",
        "Stanislav Zas",
    ],
)
def test_is_body(line: str) -> None:
    assert not is_sign_off(line)
    assert cut("A sentence.", line) == ("A sentence.", line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Download document 39357f.docx", True),
        ("39357f.docx (24 KB)", True),
        ("IMG_2040.JPG", True),
        ("Скачать файл report.pdf", True),
        ("Download document", True),
        ("The document is annexed (annex.pdf) to the decision.", False),
        ("Downloads rose by ten percent.", False),
        ("The U.S. delegation", False),
    ],
)
def test_is_attachment(line: str, expected: bool) -> None:
    assert is_attachment(line) == expected


def test_sentences_under_a_rule_of_underscores_are_body() -> None:
    note = "The figures of the first quarter were corrected after the session was closed."
    assert cut(*BODY, "__________", note) == (*BODY, "__________", note)


def test_a_rule_glued_to_the_last_paragraph_ends_it() -> None:
    glued = "It will be held in Minsk.__________The CSTO Press Secretary Vladimir Zaynetdinov"
    assert cut(BODY[0], glued, "+7495-795-27-10") == (BODY[0], "It will be held in Minsk.")


def test_captions_and_attachments_go_wherever_they_stand() -> None:
    blocks = [Block("A."), Block("A photo", BlockKind.CAPTION), Block("x.pdf"), Block("B.")]
    assert [block.text for block in cut_sign_off(blocks)] == ["A.", "B."]
