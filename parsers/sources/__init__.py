"""The sources that come with pressdiff: one declaration each, rules beside it where need be."""

from importlib.resources import files

from parsers.model import Source
from parsers.source_file import parse_source


def shipped_ids() -> tuple[str, ...]:
    """The ids that `use = "..."` may name, in order.

    >>> shipped_ids()
    ('csto', 'generic')
    """
    names = (item.name for item in files("parsers.sources").iterdir())
    return tuple(sorted(name[:-5] for name in names if name.endswith(".toml")))


def shipped_text(source_id: str) -> str:
    """The source file of a shipped source; KeyError when none has that id."""
    if source_id not in shipped_ids():
        raise KeyError(source_id)
    return files("parsers.sources").joinpath(f"{source_id}.toml").read_text("utf-8")


def load_shipped(source_id: str) -> Source:
    """A shipped source; KeyError when none has that id.

    >>> load_shipped("csto").homepage
    'https://en.odkb-csto.org/'
    """
    return parse_source(shipped_text(source_id), f"{source_id}.toml")
