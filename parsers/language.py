"""The language of a text: the share of its scripts, then what the page says, then the source."""

import re
from collections.abc import Sequence

_SCRIPTS: dict[str, tuple[re.Pattern[str], str]] = {
    "latin": (re.compile(r"[A-Za-z\u00c0-\u024f]"), ""),
    "cyrillic": (re.compile(r"[\u0400-\u052f]"), "ru"),
    "armenian": (re.compile(r"[\u0530-\u058f]"), "hy"),
    "greek": (re.compile(r"[\u0370-\u03ff]"), "el"),
    "hebrew": (re.compile(r"[\u0590-\u05ff]"), "he"),
    "arabic": (re.compile(r"[\u0600-\u06ff\u0750-\u077f]"), "ar"),
    "georgian": (re.compile(r"[\u10a0-\u10ff]"), "ka"),
    "devanagari": (re.compile(r"[\u0900-\u097f]"), "hi"),
    "thai": (re.compile(r"[\u0e00-\u0e7f]"), "th"),
    "kana": (re.compile(r"[\u3040-\u30ff]"), "ja"),
    "hangul": (re.compile(r"[\uac00-\ud7af]"), "ko"),
    "han": (re.compile(r"[\u4e00-\u9fff]"), "zh"),
}
"""Letters of a script, and the language meant when nothing else tells ("" for Latin: none)."""

_WRITTEN_IN = {
    "cyrillic": "ru uk be bg mk sr kk ky tg mn ab ba tt az uz",
    "latin": "sr kk tg mn az uz tt",
    "arabic": "ar fa ur ps ug",
    "hebrew": "he yi",
    "devanagari": "hi ne mr",
    "armenian": "hy", "greek": "el", "georgian": "ka", "thai": "th",
    "kana": "ja", "hangul": "ko", "han": "zh ja ko",
}  # fmt: skip
_SCRIPT_OF = {
    code: {script for script, codes in _WRITTEN_IN.items() if code in codes.split()}
    for code in " ".join(_WRITTEN_IN.values()).split()
}
"""The scripts a language is written in; one that is not named here is written in Latin."""

_SAMPLE = 4_000
"""Characters looked at; a release's scripts do not change after that."""


def language_of(texts: Sequence[str], attribute: str | None, source: str | None) -> str | None:
    """ISO 639-1 code of the body, or None when neither script, page nor source tells.

    A `lang` attribute or a source's language counts only if it is written in the text's script:
    a Russian body under an English page is Russian.

    >>> language_of(["Заседание Совета"], "en", "en"), language_of(["A meeting"], "ru", "en")
    ('ru', 'en')
    """
    script = _script_of_text("\n".join(texts)[:_SAMPLE])
    for claimed in (attribute, source):
        code = (claimed or "").strip().replace("_", "-").partition("-")[0].lower()
        if len(code) == 2 and code.isalpha() and script in _SCRIPT_OF.get(code, {"latin"}):
            return code
    return (_SCRIPTS[script][1] or None) if script else None


_NOT_LATIN = re.compile(r"[^\W\d_\u0000-\u036f]")
_LATIN = _SCRIPTS["latin"][0]


def _script_of_text(text: str) -> str | None:
    others = "" if text.isascii() else "".join(_NOT_LATIN.findall(text))
    # A stray letter in a long text: no need to count the rest.
    if len(others) * 20 < len(text) and _LATIN.search(text):
        return "latin"
    counts = {name: len(pattern.findall(others)) for name, (pattern, _) in _SCRIPTS.items()}
    counts["latin"] = len(_LATIN.findall(text))
    if counts["kana"] * 10 > counts["han"]:  # Japanese is mostly Han with kana between
        counts["kana"] += counts["han"]
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
