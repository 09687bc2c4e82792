"""What a page's JSON-LD states (schema.org), without a tree of the page."""

import json
import re
from collections.abc import Iterator
from typing import Any

_JSON_LD = re.compile(
    r"<script[^>]{0,200}application/ld\+json[^>]{0,200}>([^<]{0,200000})</script", re.IGNORECASE
)


def json_ld_items(html: str) -> Iterator[dict[str, Any]]:
    """Every object in the page's JSON-LD, those within others too; what is no JSON is passed over.

    >>> page = '<script type="application/ld+json">[{"a": {"b": 1}}]</script>'
    >>> list(json_ld_items(page))
    [{'a': {'b': 1}}, {'b': 1}]
    """
    for match in _JSON_LD.finditer(html):
        try:
            pending: list[Any] = [json.loads(match[1])]
        except (ValueError, RecursionError):
            continue  # the publisher's script is broken: it states nothing
        while pending:
            item = pending.pop()
            if isinstance(item, dict):
                yield item
                pending += item.values()
            elif isinstance(item, list):
                pending += item
