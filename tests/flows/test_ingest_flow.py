"""The run as Prefect tracks it: a real API, the flow by the name deployments use, the same rows."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.shell import ROOT, Shell


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server of our own with an empty database, for this module."""
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
    del os.environ["PREFECT_HOME"]


@pytest.mark.filterwarnings("default")  # Prefect's own dependencies warn of each other
@pytest.mark.usefixtures("prefect_api")
def test_a_tracked_run_commits_what_an_untracked_one_does(
    tmp_path: Path, seeded_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client

    from flows.ingest import ingest

    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    config = tmp_path / "pressdiff.toml"
    config.write_text('[[source]]\nuse = "csto"\n')
    monkeypatch.chdir(tmp_path)
    summary = ingest(str(config))
    assert summary.outcomes == {"new": 5}
    query = "select headline, published_on, event_on, place, text from releases order by headline"
    assert Shell(tmp_path).sql(query) == Shell(seeded_template).sql(query)
    with get_client(sync_client=True) as client:
        (flow_run,) = client.read_flow_runs()
        tasks = client.read_task_runs()
    assert flow_run.state_name == "Completed"
    assert sorted(task.name.partition("-")[0] for task in tasks) == ["commit", "stage"]


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("prefect_api")
def test_upkeep_can_be_tracked(seeded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.maintain import maintain

    monkeypatch.chdir(seeded.folder)
    done = maintain()
    assert done.files_before > 5
    assert done.verified is not None
    assert done.verified.findings == ()
