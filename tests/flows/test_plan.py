"""What a run takes of a configuration, and how long its visits may take."""

from pathlib import Path

import pytest

from flows.plan import USUAL_BUDGET_S, plan_run
from flows.settings import load_settings
from flows.wish import Wish


@pytest.mark.parametrize(
    ("schedule", "budget_s"),
    [
        ("", USUAL_BUDGET_S),
        ('schedule = "17 * * * *"', 3600.0),
        ('schedule = "0 6,18 * * *"', 12 * 3600.0),
        ('schedule = "*/15 * * * *"', 900.0),
    ],
)
def test_a_visit_ends_before_the_next_one_is_due(
    tmp_path: Path, schedule: str, budget_s: float
) -> None:
    (tmp_path / "lakes.toml").write_text(
        'id = "lakes"\nname = "Lakes"\nhomepage = "https://lakes.example/"\nlanguage = "en"\n'
        'timezone = "UTC"\n[discover]\nfeeds = ["/rss/"]\n'
    )
    path = tmp_path / "pressdiff.toml"
    path.write_text(
        f'[http]\ncontact = "https://example.org/why"\n[[source]]\nuse = "lakes.toml"\n{schedule}\n'
    )
    (plan,) = plan_run(load_settings(path, tmp_path), [], Wish())
    assert plan.wish == Wish()
    assert plan.budget_s == budget_s
