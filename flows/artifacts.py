"""What Prefect's pages show of a tracked run: markdown, in which a publisher's text stays text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flows.run_summary import RunSummary
from warehouse.run_report import Rows
from warehouse.visible import visible

_MOST_ROWS = 200
_MARKUP = re.compile(r"[\\`*_{}\[\]<>()#+\-.!|~&:@$^=\"']")
_SAFE_URL = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One page of markdown; `key` names its history over the runs."""

    key: str
    title: str
    markdown: str


def artifacts(
    summary: RunSummary, report: Mapping[str, Rows], source_ids: Sequence[str]
) -> list[Artifact]:
    """Summary, changes, coverage and open incidents of a run over these sources.

    `report` is `run_report` of the same run.
    """
    name = _key(source_ids[0]) if len(source_ids) == 1 else "all"
    pages = (
        ("summary", "What the run came to", _summary(summary)),
        ("changes", "What was edited, and what is new", _changes(report["changes"])),
        ("coverage", "What was looked at", _coverage(report["coverage"])),
        ("incidents", "What waits for a person", _incidents(report["incidents"])),
    )
    return [
        Artifact(f"{kind}-{name}", title, f"# {title}\n\n{body}\n") for kind, title, body in pages
    ]


def escape(text: str) -> str:
    """Text as markdown that shows just it, on one line, in a table's cell too.

    Whatever markup could begin with becomes a character reference, which no renderer reads again.

    >>> escape("a | [b](javascript:x)\\n<i>")
    'a &#124; &#91;b&#93;&#40;javascript&#58;x&#41; &#60;i&#62;'
    """
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", visible(text))


def link(text: str, url: str | None) -> str:
    """A link to a publisher's page; the text alone when the address is none of the web's.

    >>> link("Talks", "https://example.org/a)b c")
    '[Talks](<https://example.org/a%29b%20c>)'
    >>> link("Talks", "javascript:alert(1)")
    'Talks'
    """
    shown = escape(text)
    if url is None or not _SAFE_URL.match(url):
        return shown
    return f"[{shown}](<{quote(url, safe=_URL_SAFE)}>)"


_URL_SAFE = "/:?#@!$&*+,;=%~-._"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table; its cells are markdown already."""
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _key(source_id: str) -> str:
    """Prefect takes small letters, digits and dashes alone."""
    return re.sub(r"[^a-z0-9]+", "-", source_id.lower()).strip("-") or "source"


def _summary(summary: RunSummary) -> str:
    rows = [("run", escape(summary.run_id))]
    rows += [(escape(name), str(many)) for name, many in sorted(summary.outcomes.items())]
    rows += [("untouched", str(summary.untouched)), ("unread", str(summary.unread))]
    parts = [table(("", ""), rows)]
    faults = [f"{bad.path}: {bad.reason}" for bad in summary.bad]
    faults += [f"{site.source_id}: {fault}" for site in summary.sites for fault in site.faults]
    if faults:
        parts.append("Not to be had or read:\n\n" + _bullets(faults))
    if summary.incidents:
        parts.append("Held back or odd:\n\n" + _bullets(summary.incidents))
    return "\n\n".join(parts)


def _bullets(sentences: Sequence[str]) -> str:
    lines = [f"- {escape(one)}" for one in sentences[:_MOST_ROWS]]
    return "\n".join(lines) + _more(sentences)


def _changes(rows: Rows) -> str:
    if not rows:
        return "Nothing changed."
    cells = [
        (
            escape(row["change_class"]), link(row["headline"] or "(no headline)", row["url"]),
            str(row["revision"]), _words(row["words_added"], row["words_removed"]),
            escape(row["seen_at"].isoformat(timespec="minutes")), f"`{row['release_id']}`",
        )
        for row in rows[:_MOST_ROWS]
    ]  # fmt: skip
    return table(("class", "release", "revision", "words", "seen", "id"), cells) + _more(rows)


def _words(added: int | None, removed: int | None) -> str:
    """Of a first revision, which has nothing to be compared with, none."""
    return "" if added is None and removed is None else f"+{added or 0} −{removed or 0}"


def _coverage(rows: Rows) -> str:
    columns = ("source_id", "listed", "fetched", "unchanged", "parsed", "failed", "never_fetched")
    return table(columns, ([escape(str(row[name])) for name in columns] for row in rows))


def _incidents(rows: Rows) -> str:
    if not rows:
        return "Nothing does."
    cells = [
        (
            "new" if row["is_new"] else "open", escape(row["source_id"]), escape(row["kind"]),
            escape(row["detail"]), escape(row["opened_at"].isoformat(timespec="minutes")),
            f"`pressdiff incidents {row['incident_id']}`",
        )
        for row in rows[:_MOST_ROWS]
    ]  # fmt: skip
    return table(("", "source", "kind", "what", "since", "look"), cells) + _more(rows)


def _more(rows: Sequence[Any]) -> str:
    left = len(rows) - _MOST_ROWS
    return f"\n\nAnd {left} more." if left > 0 else ""
