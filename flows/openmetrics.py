"""Samples as OpenMetrics text, for Prometheus and for node_exporter's textfile collector."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: its name, unit included, what it means, and its samples."""

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], float]]
    """Labels and value."""


def render(gauges: Iterable[Gauge]) -> str:
    """The text of these metrics, those without samples too, ending with `# EOF`.

    >>> print(render([Gauge("pages", "Pages.", [({"source": 'a "b"'}, 3.0)])]), end="")
    # HELP pages Pages.
    # TYPE pages gauge
    pages{source="a \\"b\\""} 3
    # EOF
    """
    lines: list[str] = []
    for gauge in gauges:
        lines += [f"# HELP {gauge.name} {_escaped(gauge.help)}", f"# TYPE {gauge.name} gauge"]
        lines += [
            f"{gauge.name}{_labels(labels)} {_number(value)}" for labels, value in gauge.samples
        ]
    return "\n".join([*lines, "# EOF", ""])


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
