"""Two small acts on an lxml tree that it does not offer itself."""

from lxml import etree

Element = etree._Element


def text_of(element: Element) -> str:
    """All text in an element, as it stands."""
    return "".join(map(str, element.itertext()))


def detach(element: Element) -> None:
    """Takes an element out of its tree; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
