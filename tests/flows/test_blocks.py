"""Secrets out of a Prefect block: the environment first, ours alone, and never quoted."""

from pathlib import Path
from typing import Any

import pytest

from flows.blocks import take_secrets
from flows.errors import SettingsError
from flows.settings import load_settings

HELD = {"PGPASSWORD": "s3cret-a", "AWS_SECRET_ACCESS_KEY": "s3cret-b"}


@pytest.mark.parametrize(
    "said", [HELD, '{"PGPASSWORD": "s3cret-a", "AWS_SECRET_ACCESS_KEY": "s3cret-b"}']
)
def test_what_the_environment_does_not_say_is_taken(said: Any) -> None:
    environ = {"PGPASSWORD": "mine", "HOME": "/h"}
    assert take_secrets("press", environ, lambda _: said) == ["AWS_SECRET_ACCESS_KEY"]
    assert environ == {"PGPASSWORD": "mine", "HOME": "/h", "AWS_SECRET_ACCESS_KEY": "s3cret-b"}


def test_without_a_block_nothing_is_asked() -> None:
    environ: dict[str, str] = {}
    assert take_secrets(None, environ, lambda _: pytest.fail("asked")) == []
    assert environ == {}


@pytest.mark.parametrize(
    "said",
    [
        "s3cret-a", ["s3cret-a"], {**HELD, "PATH": "s3cret-a"}, {**HELD, "pgpassword": "s3cret-a"},
        {**HELD, "PGPORT": 5432}, {**HELD, "LD_PRELOAD_PG": "s3cret-a"},
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_not_quoted(said: Any) -> None:
    environ: dict[str, str] = {}
    with pytest.raises(SettingsError, match="the Prefect block secret/press") as refused:
        take_secrets("press", environ, lambda _: said)
    assert "s3cret" not in str(refused.value)
    assert environ == {}


@pytest.mark.parametrize("name", ["", "Press", "my password!", "s3cret_value", "-a"])
def test_a_configuration_names_a_block_and_holds_no_secret(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pressdiff.toml"
    path.write_text('[warehouse]\nsecrets = "press-2"\n')
    assert load_settings(path, tmp_path).secrets_block == "press-2"
    path.write_text(f'[warehouse]\nsecrets = "{name}"\n')
    with pytest.raises(SettingsError, match=r"warehouse\.secrets") as refused:
        load_settings(path, tmp_path)
    assert not name or name not in str(refused.value)
