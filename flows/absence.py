"""Looks that found nothing where a release stood, held until the visit knows what they mean.

A page of the site's own that says "not found" is as good as a 404, unless most of the site says so;
and a release whose text stands at a new address since this visit has moved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.lost import LostPage
from parsers.model import Capture, Outcome, Reading
from warehouse.model import StagedLook

_SOFT_MOST = 5
"""So many releases whose addresses show the not-found page at once are no withdrawals."""


class Absence:
    """The looks of one visit that found nothing."""

    def __init__(self) -> None:
        self.lost_page: LostPage | None = None
        """The site's not-found page; None: not known."""
        self._lost_digests: set[str] = set()
        self._looks: list[StagedLook] = []
        self._soft: dict[str, StagedLook] = {}
        """As they would be, were the not-found page not known; by capture id."""

    def add(self, look: StagedLook) -> None:
        """Hold a look that found nothing."""
        self._looks.append(look)

    def take(self, capture: Capture, reading: Reading | None, look: StagedLook) -> bool:
        """Hold a look that shows a not-found page; whether it does."""
        if self._shows_lost_page(capture, reading, look):
            self._lost_digests.add(capture.digest)
            self._soft[look.capture_id] = look
            self._looks.append(
                replace(
                    look, outcome="missing", reading=None, reading_id=None, text=None,
                    same_as=None, error="it shows what the site shows for unknown addresses",
                )
            )  # fmt: skip
            return True
        if reading is not None and reading.outcome is Outcome.NOT_FOUND:
            self._looks.append(replace(look, outcome="missing", error=reading.reason))
            return True
        return False

    def _shows_lost_page(self, capture: Capture, reading: Reading | None, look: StagedLook) -> bool:
        if capture.digest in self._lost_digests:
            return True
        page = self.lost_page
        return page is not None and look.outcome is None and page.fits(capture, reading)

    def settle(self, stood: Mapping[str, Sequence[str]], pages_read: int) -> list[StagedLook]:
        """The looks that found nothing, one whose text is at a new address turned into a move.

        `stood`: of each new address, where its text stood before. When more than half of what was
        read shows the not-found page, that page is no news of any release.
        """
        if len(self._soft) >= _SOFT_MOST and len(self._soft) * 2 > pages_read:
            return [self._soft.get(one.capture_id, one) for one in self._looks]
        target: dict[str, str] = {}
        gone = {one.address for one in self._looks if one.url == one.address}
        for url, before in stood.items():
            left = [old for old in before if old in gone and old not in target]
            if len(left) == 1:
                target[left[0]] = url
        return [
            replace(one, outcome="moved", final_url=target[one.address], error=None)
            if one.address in target and one.url == one.address
            else one
            for one in self._looks
        ]
