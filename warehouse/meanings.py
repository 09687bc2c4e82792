"""What a view's column means where the table it comes from does not say it already.

`BASES` names, for each view, where else to look: other views first said here, then tables of
`schema.py`, in this order.
"""

BASES: dict[str, tuple[str, ...]] = {
    "captures": ("looks",),
    "changes": ("edit_log",),
    "coverage": ("coverage_log",),
    "duplicates": ("neighbours", "neighbour_log"),
    "flappings": ("revisions", "revision_log"),
    "gaps": ("looks",),
    "incidents": ("incident_log",),
    "neighbours": ("neighbour_log", "translation_log"),
    "readings": ("texts", "reading_log", "revision_readings"),
    "release_urls": ("url_log",),
    "releases": ("texts", "state_log", "revision_log"),
    "revisions": ("texts", "revision_log", "comparisons"),
    "runs": ("run_log",),
    "silent_edits": ("revisions", "texts", "revision_log", "comparisons"),
    "teasers": ("looks", "tickers"),
}

_FULL_TEXT = "the body: paragraphs joined by a blank line"

MEANINGS: dict[str, dict[str, str]] = {
    "silent_edits": {
        "weight": "how much of it may change a reader's belief; 0: punctuation",
        "kinds": "the kinds of change in it, in order of their names; NULL: none typed",
    },
    "captures": {
        "release_id": "the release read, as known today; NULL: none",
        "final_url": "where redirects led; NULL: they led nowhere else",
        "warc_file": "evidence file below `evidence/` that holds it now; NULL: no exchange",
        "warc_offset": "where its record starts there",
    },
    "changes": {
        "revision": "number of the revision that has the change",
        "revision_id": "that revision; stable, whatever is learned later",
        "before_revision_id": "the revision before it, against which this is a change",
        "flapping": "whether two texts stood there by turns, and this is one of the turns",
        "seen_at": "when the change was first seen; it was made after `changed_after`",
        "recorded_at": "when we learned of the revision: our transaction time",
    },
    "gaps": {
        "url": "the address, absolute; NULL: of a teaser without a link",
        "gap": "listed but never fetched, fetched but not parsed, or seen in a ticker but never "
        "listed",
        "since": "when it was first named, or first seen so since it was last read",
        "detail": "the words of the link or teaser, or why nothing was read; NULL: nothing says",
    },
    "flappings": {
        "first_revision": "number of the revision the stretch begins with",
        "last_revision": "number of its last revision",
        "flips": "changes from one of the two texts to the other",
        "text_digests": "of the two texts, in the order seen",
        "since": "when the first of these revisions was first seen",
        "until": "when the last of them was first seen",
    },
    "incidents": {"run_id": "the run that last opened or closed it"},
    "neighbours": {
        "kind": "exact, near, teaser, translation, update or lookalike",
        "jaccard": "share of their distinct 3-word shingles that both hold, 0 to 1",
        "containment": "share of the smaller set of shingles that the larger holds, 0 to 1",
        "cosine": "of a translation: how near a model finds them, 0.7 to 1; NULL: of all others",
    },
    "duplicates": {"kind": "exact, near, teaser or translation"},
    "readings": {
        "cause": "first; publisher: it changed the text; parser: a later version of ours read it",
        "parser_version": "hash of reader, source file and profile that read it",
        "recorded_at": "when this reading was recorded: our transaction time",
    },
    "release_urls": {
        "role": "canonical, alias or moved_from, as last known",
        "first_seen_at": "first look at this URL that read a release; NULL: none did",
        "last_seen_at": "last look at this URL that read a release; NULL: none did",
    },
    "releases": {
        "url": "the canonical URL; NULL: met in text dumps only",
        "status_since": "the look that first showed this status",
        "revision": "number of the revision that stands",
        "revision_id": "that revision; stable, whatever is learned later",
        "first_seen_at": "first look that read it",
        "last_seen_at": "last look that read it; says nothing of later times",
        "last_changed_at": "when the text that stands was first seen",
        "text": _FULL_TEXT,
        "duplicate_of": "the older release that it repeats; NULL: none",
        "duplicate_kind": "how it repeats that one: exact, near, teaser, translation",
        "cluster_id": "the oldest release among those that are the same text",
    },
    "revisions": {
        "revision": "position among the release's revisions by `seen_at`, from 1; may shift",
        "cause": "first, or publisher: the publisher changed the text",
        "change_class": "first, substantive, minor, reordered or restored",
        "reverts_to": "number of the earliest revision with this text; NULL: it is new",
        "text": _FULL_TEXT,
        "text_id": "hash of all that the publisher wrote",
        "seen_at": "when the first look that held it was taken",
        "words_added": "words that the revision before it lacks; NULL: first, or not compared",
        "words_removed": "words only the revision before it has; NULL: first, or not compared",
        "changed_after": "last look that held the text before: the edit is later; NULL: first",
        "flapping": "whether it is one of three or more changes between the same two texts",
        "appeared_late": "whether it was first met over a week after its own date, though watched",
        "valid_from": "when it began to stand, as far as looks tell: `seen_at`",
        "valid_to": "when the next revision was seen; NULL: it stands",
        "recorded_at": "when we learned it: our transaction time",
        "run_id": "the run that recorded it",
    },
    "teasers": {
        "seq": "place in the set of teasers, from 1",
        "seen_at": "when the capture was taken",
        "dated_on": "the ticker's own date line; NULL: it has none",
        "text": "as it stood; paragraphs joined by a blank line",
        "url": "the link it carries; NULL: none",
        "release_id": "the release it announces, by its link or its words; NULL: not traced",
    },
}
