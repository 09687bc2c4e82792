"""What a dedup run is asked for, checked, and what it says it did."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from warehouse.dedup_input import DedupUsageError
from warehouse.history.fingerprint import Scheme
from warehouse.history.neighbours import Relation, Rules
from warehouse.history.pairing import Caps

KINDS = (Relation.EXACT, Relation.TEASER, Relation.UPDATE, Relation.LOOKALIKE, Relation.NEAR)
"""What a run can find, in the order in which the first match wins."""


@dataclass(frozen=True, slots=True)
class DedupSettings:
    """How a run compares. The scheme decides which indexes fit; the rest is free to vary."""

    scheme: Scheme = field(default_factory=Scheme)
    caps: Caps = field(default_factory=Caps)
    rules: Rules = field(default_factory=Rules)
    threads: int = 1
    """Texts are read and checked on so many cores."""

    def __str__(self) -> str:
        """The name of the run: what its pairs depend on.

        >>> str(DedupSettings())
        's3-b24x3-p6w16d64-n1-v2 caps 1000/200/32 J0.5 T0.8x2 U0.9/0.5'
        """
        caps = self.caps
        return f"{self.scheme} caps {caps.copies}/{caps.bands}/{caps.passages} {self.rules}"


@dataclass(frozen=True, slots=True)
class DedupSummary:
    """What a run did."""

    rows: int
    candidates: int
    """Pairs that went to the exact check."""
    pairs: dict[str, int]
    """Pairs written, by kind."""
    clusters: int | None
    """None when none were asked for."""
    added: int
    """Documents the index gained."""
    index_rows: int | None
    """Documents in the index now; None without one."""


def chosen_kinds(kinds: Iterable[str]) -> frozenset[Relation]:
    """The relations of those names; an unknown or no name is a DedupUsageError."""
    names = list(kinds)
    unknown = [name for name in names if name not in KINDS]
    if unknown or not names:
        raise DedupUsageError(
            f"kinds are {', '.join(KINDS)}" + (f", not {unknown[0]!r}" if unknown else "")
        )
    return frozenset(map(Relation, names))


def check_paths(input: Path, *outputs: Path | None) -> None:
    """Refuse to write one file over another."""
    places = [path.resolve() for path in (input, *outputs) if path is not None]
    if len(set(places)) < len(places):
        raise DedupUsageError("input, output and clusters must be different files")
    for path in outputs:
        if path is not None and path.is_dir():
            raise DedupUsageError(f"{path} is a folder, not a file")


def with_threshold(settings: DedupSettings, threshold: float | None) -> DedupSettings:
    """The same settings with another Jaccard, if one was given."""
    if threshold is None:
        return settings
    if not 0 < threshold <= 1:
        raise DedupUsageError(f"the threshold is a share above 0 and up to 1, not {threshold:g}")
    return replace(settings, rules=replace(settings.rules, jaccard=threshold))
