"""Drawings of checks on a page: only what our own drawing code writes gets through, whatever the gradebook holds."""

from __future__ import annotations

import re

from markupsafe import Markup

MOST = 128 * 1024
"""Characters of one drawing: one of thirty nodes has about ten thousand, six photographs have thirty."""

# Element → its attributes. Nothing here can run, fetch, link or leave its frame.
_ELEMENTS = {
    "svg": {"viewBox", "width", "height", "role", "font-family", "font-size"},
    "title": set(),
    "path": {"d", "fill", "style", "stroke-width"},
    "rect": {"x", "y", "width", "height", "rx", "fill", "style", "stroke-width"},
    "image": {"x", "y", "width", "height", "href", "style"},
    "text": {"x", "y", "text-anchor", "textLength", "lengthAdjust", "style"},
}
_TAG = re.compile(r'<(/?)([A-Za-z]+)((?: [A-Za-z-]+="[^"<>&]*")*)(/?)>')
_ATTRIBUTE = re.compile(r' ([A-Za-z-]+)="([^"]*)"')
_VALUE = re.compile(r"[\w .,:#%()+-]*")
_STYLE = re.compile(r"(?:fill|stroke):var\(--[a-z]+, #[0-9a-f]{6}\)|image-rendering:pixelated")
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")
_WORDS = re.compile(r"[^<>&]*(?:&(?:amp|lt|gt|quot|#x27|#39);[^<>&]*)*")


def inline(drawing: str) -> Markup:
    """The drawing as an element of a page, or nothing unless every piece of it is one that a drawing has."""
    if not drawing.startswith("<svg ") or len(drawing) > MOST or not drawing.isprintable():
        return Markup("")
    open_tags: list[str] = []
    place = 0
    for tag in _TAG.finditer(drawing):
        if not _WORDS.fullmatch(drawing, place, tag.start()) or not _allowed(tag, open_tags, first=place == 0):
            return Markup("")
        place = tag.end()
    return Markup(drawing) if place == len(drawing) and not open_tags else Markup("")


def _allowed(tag: re.Match[str], open_tags: list[str], first: bool) -> bool:
    closing, name, attributes, alone = tag.groups()
    if closing:
        return not attributes and not alone and bool(open_tags) and open_tags.pop() == name
    if name not in _ELEMENTS or (name == "svg") != first or (not open_tags and not first):
        return False
    for key, value in _ATTRIBUTE.findall(attributes):
        good = {"style": _STYLE, "href": _PICTURE}.get(key, _VALUE)
        if key not in _ELEMENTS[name] or not good.fullmatch(value):
            return False
    if not alone:
        open_tags.append(name)
    return True
