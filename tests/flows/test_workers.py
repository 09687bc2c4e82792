"""Two workers in two processes with separate homes share sources and one archive."""

from pathlib import Path
from typing import Any

import pytest

from tests.flows.fleet import run_alone, run_by_prefect, sites
from tests.warehouse.servers import KEYS, Servers, servers
from warehouse.duck import connect_reader
from warehouse.verify import verify

__all__ = ["servers"]


@pytest.mark.drill
@pytest.mark.parametrize("run", [run_alone, run_by_prefect])
def test_two_workers_take_every_source_once(servers: Servers, tmp_path: Path, run: Any) -> None:
    """Those of Prefect have no key in their environment: their runs take it out of a block."""
    place = servers.place(tmp_path / "seen")
    with sites(6, 3, 0.1) as work:
        done = run(work, place, tmp_path, 2)
    assert sum(done.taken.values()) == 6
    assert min(done.taken.values()) > 0, done.taken
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.said
    connection = connect_reader(place)
    try:
        counted = "select source_id, count(*), max(revision) from releases group by 1 order by 1"
        assert connection.execute(counted).fetchall() == [(name, 3, 1) for name in work.names]
        runs = "select count(*), count(distinct run_id) from runs"
        assert connection.execute(runs).fetchall() == [(6, 6)]
    finally:
        connection.close()
    found = verify(place, lambda *_: None)
    assert not found.damaged, found.findings
    assert len(found.links) == 6
