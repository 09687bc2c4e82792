"""The HTML diff in a real browser: hostile text stays text."""

import shutil
import subprocess
from pathlib import Path

import pytest

from warehouse.history.change import TextState
from warehouse.render import DiffPage, render_html

CHROMIUM = shutil.which("chromium")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
EVIL = (
    """</p><script>document.title = "own"</script><img src="x:" onerror="document.title='own'">"""
)


@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not on this machine")
def test_a_hostile_text_runs_nothing_and_is_shown(tmp_path: Path) -> None:
    before = TextState("Talks were held", None, ("It met.", "It ended."))
    after = TextState(f"Talks were held {EVIL}", None, ("It met.", f"It ended. {EVIL}"))
    page = tmp_path / "diff.html"
    page.write_text(render_html(DiffPage(before, after, "1", "2", notes=(EVIL,))), "utf-8")
    seen = subprocess.run(
        [str(CHROMIUM), *QUIET, f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert seen.returncode == 0, seen.stderr
    assert "<title>own</title>" not in seen.stdout
    assert "<script" not in seen.stdout
    assert "<img" not in seen.stdout
    assert seen.stdout.count("&lt;script&gt;") >= 3
