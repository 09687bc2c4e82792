"""The command line: words and options in, an exit code out.

Heavy imports happen inside the commands, so that one that only asks answers at once. Every error
of ours becomes one sentence on stderr; exit codes: 0 done, 1 failed, 2 usage or configuration,
3 done, but some source, page or input could not be read.
"""

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from flows.commands.shared import FAILED, OK, USAGE
from flows.errors import FlowError, SettingsError, UsageError, os_sentence

Format = Literal["table", "json", "jsonl", "csv"]
ChangeClass = Literal["first", "substantive", "minor", "reordered", "restored"]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Common:
    """Options of every command."""

    config: Annotated[Path | None, Parameter(help="Configuration file.")] = None
    verbose: Annotated[bool, Parameter(name=("--verbose", "-v"), help="Say more.")] = False
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), help="Only errors.")] = False


_FORMAT = Annotated[Format, Parameter(help="How to print data on stdout.")]

app = App(
    name="pressdiff",
    help="Watch what official bodies publish, and quietly change.",
    version=lambda: version("pressdiff"),
    default_parameter=Parameter(negative=()),
)


@app.command
def run(
    *sources: str,
    recheck: Literal["due", "all", "none"] = "due",
    full: bool = False,
    dry_run: bool = False,
    format: _FORMAT = "table",
    common: Common = Common(),
) -> int:
    """Make one pass over what is watched: read, decide, commit.

    Parameters
    ----------
    sources
        Ids of the sources to take; all that are configured when none is named.
    recheck
        Which known releases to look at again on a live site.
    full
        Send no validators: a 304 is only the server's claim.
    dry_run
        Say what would be committed, and commit nothing.
    """
    from flows.commands.intake import run as command

    return command(common, sources, recheck=recheck, full=full, dry_run=dry_run, fmt=format)


@app.command
def ingest(
    *paths: Path,
    source: str,
    captured_at: datetime | None = None,
    dry_run: bool = False,
    format: _FORMAT = "table",
    common: Common = Common(),
) -> int:
    """Take captures that lie on disk: files, folders, .txt .html .pdf .warc[.gz].

    Parameters
    ----------
    paths
        Files, or folders searched for files.
    source
        Id of the source they come from, or the path of a source file.
    captured_at
        When they were captured (ISO 8601; UTC unless it says otherwise). Without it a file's
        modification time counts. A WARC record always has its own date.
    dry_run
        Say what would be committed, and commit nothing.
    """
    from flows.commands.intake import ingest as command

    return command(common, paths, source, captured_at, dry_run=dry_run, fmt=format)


@app.command
def status(*, format: _FORMAT = "table", common: Common = Common()) -> int:
    """Say what is watched, when it last succeeded, when it runs next, and what waits."""
    from flows.commands.ask import status as command

    return command(common, format)


@app.command
def incidents(
    incident: str | None = None, /, *, accept: bool = False, dismiss: bool = False,
    all: bool = False, format: _FORMAT = "table", common: Common = Common(),
) -> int:  # fmt: skip
    """Show what was held back from history, or decide it.

    Parameters
    ----------
    incident
        The id of an open incident, or the beginning of it.
    accept
        Its captures are real: make them history, with their own times.
    dismiss
        Keep them out for good; they stay in evidence.
    all
        Show closed incidents too.
    """
    from flows.commands.incidents import incidents as command

    return command(common, incident, accept=accept, dismiss=dismiss, closed=all, fmt=format)


@app.command
def sql(query: str, /, *, format: _FORMAT = "table", common: Common = Common()) -> int:
    """Answer one SELECT over the views.

    Parameters
    ----------
    query
        For example "select headline, published_on from releases".
    """
    from flows.commands.ask import sql as command

    return command(common, query, format)


@app.command
def show(
    release: str, /, *, revision: int | None = None, format: _FORMAT = "table",
    common: Common = Common(),
) -> int:  # fmt: skip
    """Show a release: its facts, its revisions, its text.

    Parameters
    ----------
    release
        An id, a unique prefix of one, or a URL.
    revision
        Which revision's text to show; the newest when not given.
    """
    from flows.commands.ask import show as command

    return command(common, release, revision, format)


@app.command
def changes(
    *,
    since: str | None = None,
    recorded_since: str | None = None,
    source: str | None = None,
    class_: Annotated[ChangeClass | None, Parameter(name="--class")] = None,
    no_flapping: bool = False,
    format: _FORMAT = "table",
    common: Common = Common(),
) -> int:
    """Say what changed, newest first.

    Parameters
    ----------
    since
        Seen since then: 7d, 12h, or a date.
    recorded_since
        Recorded since then, whenever it was seen.
    source
        Of this source alone.
    class_
        Of this class alone.
    no_flapping
        Leave out changes to and fro between the same two texts.
    """
    from flows.commands.compare import changes as command

    return command(common, since, recorded_since, source, class_, format, flapping=not no_flapping)


@app.command
def diff(
    release: str, span: str | None = None, /, *,
    format: Literal["text", "html", "json"] = "text", whole: bool = False,
    common: Common = Common(),
) -> int:  # fmt: skip
    """Show what changed between two revisions.

    Parameters
    ----------
    release
        An id, a unique prefix of one, or a URL.
    span
        A..B; B alone compares it with the one before; nothing compares the last two.
    whole
        As text: show unchanged paragraphs too. HTML and JSON always hold the whole text.
    """
    from flows.commands.compare import diff as command

    return command(common, release, span, format, whole=whole)


@app.command
def export(
    folder: Path, /, *, format: Literal["parquet", "csv", "jsonl"] = "parquet",
    as_of: datetime | None = None, common: Common = Common(),
) -> int:  # fmt: skip
    """Write every view to a folder, one file each, with a manifest.

    Parameters
    ----------
    folder
        Made if it is not there; an earlier export in it is replaced.
    as_of
        As we knew it then (ISO 8601; UTC unless it says otherwise).
    """
    from flows.commands.care import export as command

    return command(common, folder, format, as_of)


@app.command
def reparse(
    source: str | None = None, /, *, share: str | None = None, format: _FORMAT = "table",
    common: Common = Common(),
) -> int:  # fmt: skip
    """Read the evidence again with today's parser; its readings replace the old ones.

    Parameters
    ----------
    source
        Id of the source to read again; all that are configured when none is named.
    share
        K/N: read only part K of N and publish nothing, so that N machines share the work; a
        `reparse` without it then publishes what all of them read.
    """
    from flows.commands.reparse import reparse as command

    return command(common, source, share, format)


@app.command
def dedup(
    table: Path,
    /,
    *,
    id_: Annotated[str, Parameter(name="--id")],
    text: str,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    against: Path | None = None,
    no_add: bool = False,
    threshold: float | None = None,
    kinds: str | None = None,
    clusters: Path | None = None,
    format: _FORMAT = "table",
    common: Common = Common(),
) -> int:
    """Find the near-duplicates in a Parquet table of texts; needs no archive.

    Parameters
    ----------
    table
        A Parquet file with a column of distinct ids and one of texts.
    id_
        The column of ids.
    text
        The column of texts.
    output
        Parquet file for the pairs: id, other_id, kind, jaccard, containment.
    against
        Folder of an index: its documents are compared with too, then the table is added to it.
        Made if it is not there.
    no_add
        Compare with the index, and leave it as it is.
    threshold
        Jaccard from which two texts are near or look-alikes; .5 when not given.
    kinds
        Which to write, with commas between: exact, teaser, update, lookalike, near.
    clusters
        Parquet file for id, cluster_id of every text that is the same as another.
    """
    from flows.commands.dedup import dedup as command

    return command(
        common, table, id_, text, output, against=against, add=not no_add, threshold=threshold,
        kinds=kinds, clusters=clusters, fmt=format,
    )  # fmt: skip


@app.command
def verify(
    *, manifest: Path | None = None, format: _FORMAT = "table", common: Common = Common()
) -> int:
    """Check evidence against rows, rows against each other and the chain, files against catalog.

    Parameters
    ----------
    manifest
        JSON file for the digests of every commit, to be timestamped elsewhere. An earlier one of
        that name is held against the chain first, and replaced only when it fits.
    """
    from flows.commands.care import verify as command

    return command(common, manifest, format)


@app.command
def maintain(
    *,
    no_check: bool = False,
    remove_unnamed: bool = False,
    format: _FORMAT = "table",
    common: Common = Common(),
) -> int:
    """Merge and pack files, remove what nobody reads any more, check, and say how all grows.

    Parameters
    ----------
    no_check
        Leave out the check, which reads all evidence.
    remove_unnamed
        Also remove evidence that no row names and that is two days old: of runs that died.
    """
    from flows.commands.maintain import maintain as command

    return command(common, check=not no_check, remove_unnamed=remove_unnamed, fmt=format)


@app.command
def migrate_warehouse(folder: Path, /, *, common: Common = Common()) -> int:
    """Copy an embedded warehouse into the configured one, which must be empty.

    Parameters
    ----------
    folder
        Where the embedded one lies: the `path` of its configuration. It is left as it is.
    """
    from flows.commands.move import migrate_warehouse as command

    return command(common, folder)


@app.command
def schedule(*, port: int = 4200, most_runs: int = 4, common: Common = Common()) -> int:
    """Run every source by its schedule until stopped, with Prefect's pages to watch it by.

    Parameters
    ----------
    port
        Of the Prefect server started on this machine; not used when one is configured.
    most_runs
        How many sources may run at once.
    """
    from flows.commands.schedule import schedule as command

    return command(common, port, most_runs)


@app.command
def metrics(
    *, output: Annotated[Path | None, Parameter(name=("--output", "-o"))] = None,
    common: Common = Common(),
) -> int:  # fmt: skip
    """Print what a monitor should watch, as OpenMetrics text.

    Parameters
    ----------
    output
        Write to this file instead, whole or not at all.
    """
    from flows.commands.metrics import metrics as command

    return command(common, output)


@app.command
def doctor(*, format: _FORMAT = "table", common: Common = Common()) -> int:
    """Check that this machine and this configuration can do the work."""
    from flows.commands.care import doctor as command

    return command(common, format)


@app.command
def init(folder: Path = Path(), /, *, _: Common = Common()) -> int:
    """Write a configuration file to start from.

    Parameters
    ----------
    folder
        Where to put pressdiff.toml.
    """
    from flows.commands.care import init as command

    return command(folder)


source = App(name="source", help="Check the definition of a source.")
app.command(source)


@source.command
def check(
    target: str, /, *, source: str, format: Literal["table", "json"] = "table",
    common: Common = Common(),
) -> int:  # fmt: skip
    """Show what a source definition reads in one page, and by which rule.

    Parameters
    ----------
    target
        A file, a `file:` address, or a URL; a URL needs `[http] contact`.
    source
        A source file, or the id of a source.
    """
    from flows.commands.source import check as command

    return command(common, target, source, format)


_VALUED = {
    "--config", "--format", "--source", "--recheck", "--captured-at", "--as-of", "--revision",
    "--since", "--recorded-since", "--class", "--id", "--text", "--output", "-o", "--against",
    "--threshold", "--kinds", "--clusters", "--manifest", "--port", "--most-runs",
}  # fmt: skip
"""Options that take the word after them."""


def _command_first(words: Sequence[str]) -> list[str]:
    """The same words with the command in front: options may stand before it or after."""
    ordered = _name_first(words, app)
    if ordered[:1] == ["source"]:
        return ["source", *_name_first(ordered[1:], source)]
    return ordered


def _name_first(words: Sequence[str], commands: App) -> list[str]:
    names = {name for name in commands if not name.startswith("-")}
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word in names:
            return [word, *words[:index], *words[index + 1 :]]
        elif word in _VALUED:
            skip = True
        elif not word.startswith("-"):
            break
    return list(words)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    words = list(sys.argv[1:] if words is None else words)
    _configure_logging(words)
    try:
        code = _call(_command_first(words))
        sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("stopped; nothing of this run was committed")
        code = 130
    except BrokenPipeError:
        # whoever read our output has seen enough; keep Python from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    sys.exit(code)


def _call(words: list[str]) -> int:
    try:
        code = app(
            words, exit_on_error=False, print_error=False, help_on_error=False,
            result_action="return_value",
        )  # fmt: skip
    except CycloptsError as error:
        _complain(f"{_one_line(str(error))} See `pressdiff --help`.")
        return USAGE
    except (SettingsError, UsageError) as error:
        _complain(str(error))
        return USAGE
    except FlowError as error:
        _complain(str(error))
        return FAILED
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        _complain(_storage_sentence(error) or os_sentence(error))
        return FAILED
    except Exception as error:
        sentence = _storage_sentence(error)
        if sentence is None:
            raise
        _complain(sentence)
        return FAILED
    return code if isinstance(code, int) else OK


def _storage_sentence(error: Exception) -> str | None:
    """The sentence for an error of the warehouse, DuckDB or a bucket; None for any other."""
    from warehouse.errors import WarehouseError, explain_storage

    return str(error) if isinstance(error, WarehouseError) else explain_storage(error)


def _complain(sentence: str) -> None:
    print(f"pressdiff: {sentence}", file=sys.stderr)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _configure_logging(words: Sequence[str]) -> None:
    level = logging.WARNING
    if "-q" in words or "--quiet" in words:
        level = logging.ERROR
    elif "-v" in words or "--verbose" in words:
        level = logging.DEBUG
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("warcio", "trafilatura", "htmldate", "charset_normalizer"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    # its one message, on spaces in a URI, would come once a record
    logging.getLogger("warcio.recordloader").setLevel(logging.ERROR)


if __name__ == "__main__":
    main()
