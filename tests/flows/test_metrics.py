"""The metrics as a monitor reads them: valid OpenMetrics, true numbers, whole or not at all."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from flows.metrics import gauges
from flows.openmetrics import Gauge, render
from flows.settings import Watched
from parsers.sources import load_shipped
from tests.flows.shell import Shell
from warehouse.health import LastRun

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, read by the strict reader and by the old format's; both must agree."""
    strict, old = (
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in read(text)
            for sample in family.samples
        }
        for read in (openmetrics, prometheus)
    )
    assert strict == old
    return strict


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return (f"pressdiff_{name}", frozenset(labels.items()))


def test_the_seeds_in_numbers(seeded: Shell) -> None:
    seeded.write("pressdiff.toml", '[[source]]\nuse = "csto"\nschedule = "* * * * *"\n')
    ran = seeded("metrics")
    assert ran.code == 0
    assert ran.out.endswith("# EOF\n")
    found = samples(ran.out)
    assert found[key("releases", source="csto")] == 5
    assert found[key("last_run_looks", source="csto", outcome="new")] == 5
    assert found[key("waiting_pages", source="csto")] == 0
    assert found[key("open_incidents", source="csto")] == 0
    last = seeded.sql("select max(finished_at) as last from runs")[0]["last"]
    at = datetime.fromisoformat(last).timestamp()
    assert found[key("source_last_success_timestamp_seconds", source="csto")] == pytest.approx(at)
    written = found[key("written_timestamp_seconds")]
    late = found[key("source_late_seconds", source="csto")]
    assert written - at - 60 <= late + 1e-3
    assert late <= max(0.0, written - at)
    evidence = sum(one.stat().st_size for one in (seeded.folder / "data/evidence").rglob("*.gz"))
    assert found[key("warehouse_bytes", part="evidence")] == evidence


def test_a_file_is_replaced_whole(seeded: Shell) -> None:
    old = seeded.write("out/pressdiff.prom", "old\n")
    kept = old.with_name("kept")
    kept.hardlink_to(old)
    assert seeded("metrics", "-o", str(old)).out == ""
    assert samples(old.read_text())[key("releases", source="csto")] == 5
    assert kept.read_text() == "old\n", "the old file was written into"
    assert sorted(one.name for one in old.parent.iterdir()) == ["kept", "pressdiff.prom"]


def test_a_folder_that_is_not_there_is_one_sentence(seeded: Shell, tmp_path: Path) -> None:
    ran = seeded("metrics", "--output", str(tmp_path / "none" / "x.prom"))
    assert ran.code == 1
    assert "no such file" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_a_warehouse_nothing_is_claimed(shell: Shell) -> None:
    found = samples(shell("metrics").out)
    assert found[key("releases", source="csto")] == 0
    assert key("source_last_success_timestamp_seconds", source="csto") not in found
    assert key("source_late_seconds", source="csto") not in found
    assert not (shell.folder / "data").exists()


def test_each_number_is_of_its_source() -> None:
    watched = (
        Watched(load_shipped("csto"), "0 9 * * *"),  # of Moscow: 06:00 UTC
        Watched(load_shipped("generic"), None),
    )
    success = datetime(2026, 2, 28, 12, tzinfo=UTC)
    states = {"csto": {"last_success": success, "releases": 7, "open_incidents": 2}}
    runs = {
        "csto": LastRun("r", NOW, 9, 8, 1, 3, Counter(edited=2, not_modified=5)),
        "dropped": LastRun("r", NOW, 1, 1, 0, 0, Counter(new=1)),
    }
    found = samples(render(gauges(watched, states, runs, {"files": 10}, "1.2", NOW)))
    assert found == {
        key("build_info", version="1.2"): 1,
        key("written_timestamp_seconds"): NOW.timestamp(),
        key("source_last_success_timestamp_seconds", source="csto"): success.timestamp(),
        key("source_late_seconds", source="csto"): 6 * 3600,
        key("releases", source="csto"): 7,
        key("releases", source="generic"): 0,
        key("open_incidents", source="csto"): 2,
        key("open_incidents", source="generic"): 0,
        key("last_run_timestamp_seconds", source="csto"): NOW.timestamp(),
        key("last_run_looks", source="csto", outcome="edited"): 2,
        key("last_run_looks", source="csto", outcome="not_modified"): 5,
        key("last_run_failed", source="csto"): 1,
        key("waiting_pages", source="csto"): 3,
        key("warehouse_bytes", part="files"): 10,
    }


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "}{,=", "\u00e9 #", "\\n"])
def test_a_label_comes_back_as_it_went(value: str) -> None:
    text = render([Gauge("pressdiff_x", "Any \\ \n text.", [({"source": value}, 0.25)])])
    assert samples(text) == {key("x", source=value): 0.25}
