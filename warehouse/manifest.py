"""The chain as a JSON file, to be timestamped or kept by somebody else.

Alone, a warehouse cannot tell that its newest runs were taken away with their links, or that all
was written anew; held against an earlier manifest it can.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.chain import Link
from warehouse.errors import WarehouseError
from warehouse.finding import Finding

MARK = "pressdiff_manifest"
_FORM = 1


def compare_manifest(path: Path, links: Sequence[Link]) -> list[Finding]:
    """What an earlier manifest says that the chain no longer does; nothing when there is none.

    Raises WarehouseError when the file is no manifest of ours.
    """
    try:
        said: Any = json.loads(path.read_bytes())
        earlier = [(str(one["run_id"]), str(one["link"])) for one in said["runs"]]
        if said[MARK] != _FORM:
            raise KeyError(MARK)
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise WarehouseError(f"{path} is there and is no manifest; name another file") from error
    for position, (run_id, link) in enumerate(earlier, 1):
        if position > len(links):
            sentence = f"the manifest {path} holds this run as link {position}, the chain does not"
            return [Finding("damage", f"run {run_id}", sentence)]
        if links[position - 1].link != link:
            sentence = f"link {position} is not the one that the manifest {path} holds"
            return [Finding("damage", f"run {run_id}", sentence)]
    return []


def write_manifest(path: Path, warehouse: str, links: Sequence[Link], now: datetime) -> str:
    """Write the chain to a file; the sha-256 of its bytes."""
    content = {
        MARK: _FORM,
        "warehouse": warehouse,
        "made_at": now.isoformat(),
        "head": links[-1].link if links else None,
        "runs": [_run(one) for one in links],
    }
    data = json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
    return hashlib.sha256(data).hexdigest()


def _run(one: Link) -> dict[str, Any]:
    return {
        "position": one.position,
        "run_id": one.run_id,
        "recorded_at": one.recorded_at.isoformat(),
        "previous": one.previous,
        "tables": {
            name: {"rows": many.rows, "digest": many.digest}
            for name, many in sorted(one.tables.items())
        },
        "link": one.link,
    }
