"""The translations that a run proposes: pairs of releases in two languages, each the other's best.

A proposal depends on the texts that stand today and on nothing else, so whoever comes, changes or
goes has those settled anew that it is, or was, a candidate of, and nobody else's.
"""

from collections.abc import Iterable, Mapping

from warehouse.history.neighbours import Relation
from warehouse.history.translation import Likeness, Reader, proposals
from warehouse.openings import OpeningLog
from warehouse.tie_log import Standing, TieLog

_FORMS = frozenset({Relation.EXACT, Relation.NEAR, Relation.TEASER, Relation.UPDATE})
"""What makes two releases of one language forms of one text: either may be the translated one."""


def settle_translations(
    log: TieLog,
    openings: OpeningLog,
    changed: Iterable[str],
    texts: set[str],
    rules: Likeness,
) -> set[str]:
    """Append the proposals found and lost; the releases that are in these, or whose age may have
    changed beside one that stays.

    `texts` are those that the changed releases have or had, and those compared for the first time.
    """
    if openings.model is None:
        return set()
    pairs = openings.pairs(texts)
    partners = _ends(pairs)
    affected = set(changed) | _ids(log.holders_of_texts(partners | texts))
    before = log.proposals(affected)
    if not pairs and not before:
        return set()
    # a candidate's own candidates, and theirs: whose best each of them is
    for _ in range(2):
        pairs |= openings.pairs(_ends(pairs) - texts)
    now = {
        pair: cosine
        for pair, cosine in _proposed(log, pairs, rules).items()
        if not affected.isdisjoint(pair)
    }
    found = {pair: cosine for pair, cosine in now.items() if before.get(pair) != cosine}
    gone = before.keys() - now.keys()
    log.append_proposals(found, gone, openings.model)
    return _ends(before.keys() | now.keys())


def _proposed(
    log: TieLog, pairs: Mapping[tuple[str, str], float], rules: Likeness
) -> dict[tuple[str, str], float]:
    holders: dict[str, list[Standing]] = {}
    for one in log.holders_of_texts(_ends(pairs)):
        holders.setdefault(str(one.text_id), []).append(one)
    cosines: dict[tuple[str, str], float] = {}
    for (text, other_text), cosine in pairs.items():
        for one in holders.get(text, ()):
            for other in holders.get(other_text, ()):
                ends = sorted((one.release_id, other.release_id))
                cosines[ends[0], ends[1]] = cosine
    standing = {one.release_id: one for many in holders.values() for one in many}
    readers = {
        release_id: Reader(release_id, one.language, one.body_digest, one.age)
        for release_id, one in standing.items()
        if one.language and one.body_digest
    }
    forms = {(tie.release_id, tie.other_id) for tie in log.ties(readers) if tie.kind in _FORMS}
    return proposals(cosines, readers, forms, rules)


def _ends(pairs: Iterable[tuple[str, str]]) -> set[str]:
    return {end for pair in pairs for end in pair}


def _ids(standings: Iterable[Standing]) -> set[str]:
    return {one.release_id for one in standings}
