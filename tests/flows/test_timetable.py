"""What a configuration deploys, and what it says of what it does not."""

from pathlib import Path

import pytest

from flows.deploy import Cron, plan
from flows.errors import SettingsError
from flows.settings import load_settings
from tests.flows.shell import Shell

OWN = Cron("own", "17 9 * * *", "Europe/Moscow")


def planned(folder: Path, text: str) -> tuple[dict[str, tuple[Cron, ...]], tuple[str, ...]]:
    path = folder / "pressdiff.toml"
    path.write_text(text)
    made = plan(load_settings(path, folder))
    ingests = [one for one in made.deployments if one.flow == "ingest"]
    assert all(one.parameters["config"] == str(path.resolve()) for one in made.deployments)
    assert all(one.parameters["sources"] == [one.name] for one in ingests)
    return {one.name: one.crons for one in ingests}, made.notes


def test_each_scheduled_source_is_deployed_in_its_own_zone(tmp_path: Path) -> None:
    crons, notes = planned(
        tmp_path, '[[source]]\nuse = "csto"\nschedule = "17 9 * * *"\n[[source]]\nuse = "generic"\n'
    )
    assert crons == {"csto": (OWN,)}
    assert "without a schedule, so run only when asked: generic" in notes


@pytest.mark.parametrize(
    ("recheck", "expected", "noted"),
    [
        ("11 */2 * * *", (OWN, Cron("recheck", "11 */2 * * *", "Europe/Moscow")), False),
        ("40 9 * * *", (OWN,), True),  # as often as the source itself
        ("0 0 * * 1", (OWN,), True),
    ],
)
def test_a_recheck_is_for_sources_that_run_more_seldom(
    tmp_path: Path, recheck: str, expected: tuple[Cron, ...], noted: bool
) -> None:
    config = '[[source]]\nuse = "csto"\nschedule = "17 9 * * *"\n'
    crons, notes = planned(tmp_path, f'{config}[schedule]\nrecheck = "{recheck}"\n')
    assert crons == {"csto": expected}
    assert any("recheck adds nothing" in note for note in notes) == noted


def test_nothing_to_schedule_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no source has a schedule"):
        planned(tmp_path, '[[source]]\nuse = "csto"\n')
    with pytest.raises(SettingsError, match="no source has a schedule"):
        plan(load_settings(None, tmp_path / "empty"))


@pytest.mark.parametrize(
    ("config", "words", "said"),
    [
        ("", (), "no source has a schedule"),
        ('[schedule]\nrecheck = "often"\n', (), "is no cron expression"),
        ('[schedule]\nnightly = "1 1 * * *"\n', (), "nightly"),
        ('[[source]]\nuse = "csto"\nschedule = "1 1 * * *"\n', ("--port", "0"), "--port"),
        ('[[source]]\nuse = "csto"\nschedule = "1 1 * * *"\n', ("--most-runs", "0"), "--most-runs"),
    ],
)
def test_wrong_configuration_is_one_sentence(
    shell: Shell, config: str, words: tuple[str, ...], said: str
) -> None:
    shell.write("pressdiff.toml", config)
    ran = shell("schedule", *words)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (shell.folder / "data").exists()


def test_a_server_that_is_not_there_is_one_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write("pressdiff.toml", '[[source]]\nuse = "csto"\nschedule = "1 1 * * *"\n')
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    ran = shell("schedule", "-q")
    assert ran.code == 1
    assert ran.err.startswith("pressdiff: the Prefect server at http://127.0.0.1:9/api does not")
