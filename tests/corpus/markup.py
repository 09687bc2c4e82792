"""The markup of one release in a page: where its headline stands, how its paragraphs are parted."""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape

from tests.corpus import furniture
from tests.corpus.dice import Dice
from tests.corpus.dumps import ATTACHMENTS
from tests.corpus.grammar import capitalised, say
from tests.corpus.surroundings import FOOTERS, make_footer
from tests.corpus.truth import ReleaseTruth

PARAGRAPH_STYLES = {"brbr": 45, "p": 30, "div": 10, "mixed": 15}
BREAKS = ("<br><br>", "<br />\n<br />", "<br/> <br/>", "<br>\r\n<br>\r\n", "<br>&nbsp;<br>")
FIGURE = 0.12
_QUOTED = re.compile(r"[“\"][^“”\"]+[”\"]")


class Markup:
    """The markup of one release: all its choices come from one stream of dice."""

    def __init__(self, dice: Dice, release: ReleaseTruth, layout: str) -> None:
        self.dice = dice
        self.release = release
        self.layout = layout
        self.style = dice.weighted(PARAGRAPH_STYLES)
        self.headline_form = self._headline_form()
        self.footer_extent = dice.weighted(FOOTERS)
        self.figure = bool(release.paragraphs) and dice.chance(FIGURE)
        self.line_break = dice.pick(BREAKS)
        self.tight_footer = self.style == "brbr" and dice.chance(0.3)
        self.needs_title = self.headline_form == "div"
        self.variants = (
            f"headline:{self.headline_form}", f"paragraphs:{self.style}",
            f"footer:{self.footer_extent}{' tight' if self.tight_footer else ''}",
            *(["figure"] if self.figure else []),
            *(["table"] if any(" | " in text for text in release.paragraphs) else []),
        )  # fmt: skip

    def _headline_form(self) -> str:
        """Where the headline stands: "h1_in" or "h1_out" of the container, "h1_out_h3_in" twice,
        for blocks "h1" or a plain "div" (then the title tells which)."""
        if self.layout == "blocks":
            forms = {"h1": 60, "div": 40}
        else:
            forms = {"h1_in": 45, "h1_out": 35, "h1_out_h3_in": 20}
        form = self.dice.weighted(forms)
        if self.release.published_form.startswith("after_headline"):
            return {"h1": "h1_twice", "h1_out": "h1_out_h3_in", "h1_in": "h1_out_h3_in"}.get(
                form, form
            )
        return form

    def article(self) -> str:
        """Headline, container and all in it."""
        dice, form = self.dice, self.headline_form
        name = self._text(self.release.headline)
        parts = [self._dated(name), self._body(), self._footer()]
        inner = "\n".join(part for part in parts if part)
        if self.layout == "bitrix":
            tag = f"<div {furniture.attributes(dice, class_='news-detail', data_entity='item')}>"
            first = f"<h1>{name}</h1>" if form == "h1_in" else ""
            outer = "" if form == "h1_in" else f'<h1 id="pagetitle">{name}</h1>\n'
            return f'{outer}{tag}\n{first}{inner}\n<div style="clear:both"></div>\n</div>'
        tag = f'<div class="{dice.pick(("b-text", "page__inner", "content-col", "single"))}">'
        first = f'<div class="ttl">{name}</div>' if form == "div" else f"<h1>{name}</h1>"
        return f"{tag}\n{first}\n{inner}\n</div>"

    def _dated(self, name: str) -> str:
        """The repeated headline, if any, and the published date, if any."""
        stated, form = self.release.published_text or "", self.release.published_form
        again = f"<h3>{name}</h3>" if self.headline_form in ("h1_out_h3_in", "h1_twice") else ""
        if form.startswith("after_headline"):
            if not again:
                again = f"<div>{name}</div>"
            space = "" if form.endswith("tight") else " "
            return (
                again.replace("</", f"{space}{stated}</", 1)
                if self._plain(again)
                else again + stated + self.line_break
            )
        if not stated or form.startswith("glued"):
            return again
        if self.layout == "bitrix" and self.dice.chance(0.7):
            line = f'<span class="news-date-time">{stated}</span>'
        else:
            line = f"<div>{stated}</div>"
        if form.startswith("download"):
            line += self._attachment(same_line=form == "download_same_line")
        return f"{again}{line}{self.dice.pick((self.line_break, ' <br /><br />'))}"

    @staticmethod
    def _plain(again: str) -> bool:
        return again.count("</") == 1

    def _attachment(self, *, same_line: bool) -> str:
        file = f"{self.dice.token(5)}f.{self.dice.pick(ATTACHMENTS)}"
        link = f'<a href="/upload/iblock/{file}">Download document {file}</a>'
        return f" {link}" if same_line else f"<br>{link}"

    def _body(self) -> str:
        """The paragraphs; a picture with its caption, a script and a comment among them."""
        texts = list(self.release.paragraphs)
        if not texts:
            return ""
        if self.release.published_form.startswith("glued"):
            texts[0] = f"{self.release.published_text}{texts[0]}"
        drawn = list(self._drawn(texts))
        if self.figure:
            caption = self._text(capitalised(say(self.dice, "person")))
            picture = (
                f'<figure><img src="/upload/{self.dice.token(6)}.jpg" alt="Picture">'
                f"<figcaption>Photo: {caption}</figcaption></figure>"
            )
            drawn.insert(self.dice.number(1, len(drawn)), (picture, True))
        if self.dice.chance(0.2):
            script = f"<script>BX.ready(function(){{init('{self.dice.token(8)}')}});</script>"
            index = self.dice.number(0, len(drawn) - 1)
            drawn[index] = (f"{script}\n{drawn[index][0]}", drawn[index][1])
        return self._joined(drawn)

    def _drawn(self, texts: list[str]) -> Iterator[tuple[str, bool]]:
        """Each paragraph as markup, and whether it is a block by itself."""
        index = 0
        while index < len(texts):
            length, markup = self._special(texts, index)
            if length:
                yield markup, True
                index += length
                continue
            text = self._text(texts[index])
            plain = self.style == "brbr" or (self.style == "mixed" and index < 2)
            tag = "div" if self.style == "div" else "p"
            yield (text, False) if plain else (f"<{tag}>{text}</{tag}>", True)
            index += 1

    def _special(self, texts: list[str], index: int) -> tuple[int, str]:
        """A table, a quotation or a list that begins here, and of how many paragraphs."""
        rows = _run(texts[index:], lambda text: text.count(" | ") == 2)
        if rows:
            cells = (row.split(" | ") for row in rows)
            drawn = "".join(
                "<tr>" + "".join(f"<td>{self._text(c)}</td>" for c in row) + "</tr>"
                for row in cells
            )
            return len(rows), f"<table><tbody>{drawn}</tbody></table>"
        follows = texts[index + 1] if index + 1 < len(texts) else "."
        if _QUOTED.fullmatch(texts[index]) and follows[-1].isalpha():
            quote, author = self._text(texts[index]), self._text(follows)
            return 2, f"<blockquote>{quote}<cite>{author}</cite></blockquote>"
        items = _run(texts[index:], lambda text: text.endswith(";") and text[0].isalnum())
        if len(items) > 1:
            items.append(texts[index + len(items)])
            drawn = "\n".join(f"<li>{self._text(item)}</li>" for item in items)
            return len(items), f"<ul>\n{drawn}\n</ul>"
        return 0, ""

    def _joined(self, drawn: Iterable[tuple[str, bool]]) -> str:
        """Plain texts parted by breaks, blocks by nothing."""
        page = ""
        after_text = False
        for markup, block in drawn:
            page += "\n" if block or not after_text else self.line_break
            page += markup
            after_text = not block
        return page

    def _footer(self) -> str:
        lines = make_footer(self.dice, self.footer_extent)
        if not lines:
            return ""
        if self.style == "p":
            return "".join(f"<p>{line}</p>" for line in lines)
        gap = "<br>" if self.tight_footer else self.line_break
        return gap + self.dice.pick(("<br>", "<br />\n")).join(lines)

    def _text(self, text: str) -> str:
        """The text as markup: entities, an inline element around a word or a part of one, a line
        end for a space, a comment. None of it changes the words."""
        dice = self.dice
        marked = escape(text, quote=False)
        if dice.chance(0.3):
            marked = marked.replace("“", "&ldquo;").replace("”", "&rdquo;").replace("–", "&ndash;")
        words = marked.split(" ")
        for _ in range(dice.number(0, 2)):
            index = dice.number(0, len(words) - 1)
            word = words[index]
            if word.isalpha() and len(word) > 3:
                cut = dice.pick((0, 0, 2))
                tag = dice.pick(("b", "i", "span", "font"))
                words[index] = f"{word[:cut]}<{tag}>{word[cut:]}</{tag}>"
        if dice.chance(0.2):
            index = dice.number(0, len(words) - 1)
            words[index] += "\n" if index < len(words) - 1 else ""
        if dice.chance(0.1):
            words.insert(dice.number(1, len(words)), "<!-- n -->")
        return " ".join(words)


def _run(texts: list[str], fits: Callable[[str], bool]) -> list[str]:
    """The longest opening run of texts that fit."""
    for index, text in enumerate(texts):
        if not fits(text):
            return texts[:index]
    return texts
