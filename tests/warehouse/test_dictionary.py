"""The data dictionary says what every column means, and is not stale."""

from pathlib import Path

from warehouse.dictionary import comments, describe_views, markdown
from warehouse.meanings import BASES, MEANINGS
from warehouse.query import names

FILE = Path(__file__).resolve().parents[2] / "docs/data-dictionary.md"


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text("utf-8") == markdown(), (
        "run: python -m warehouse.dictionary > docs/data-dictionary.md"
    )


def test_every_column_of_every_public_view_has_a_meaning() -> None:
    views = describe_views()  # a KeyError names the column without one
    assert {view.name for view in views} == names().views == set(BASES)
    assert all(column.meaning for view in views for column in view.columns)


def test_no_meaning_is_left_of_a_column_that_is_gone() -> None:
    columns = {view.name: {column.name for column in view.columns} for view in describe_views()}
    assert {
        (view, column) for view, said in MEANINGS.items() for column in set(said) - columns[view]
    } == set()


def test_every_public_view_and_macro_has_a_comment_and_a_view_a_key() -> None:
    said = comments()
    assert set(said) >= names().views | names().table_macros | names().scalar_macros
    for view in describe_views():
        assert set(view.key) <= {column.name for column in view.columns}
        assert view.key
