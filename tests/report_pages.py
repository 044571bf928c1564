"""Pages of reports as the tests read them: parsed by a parser that keeps count of what is wrong."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from PIL import Image
from tinyhtml5.parser import HTMLParser

LINKING = ("src", "href", "srcset", "action", "formaction", "poster", "data", "cite", "background")


@dataclass(frozen=True)
class Page:
    """A page, its elements, and the errors of its markup."""

    text: str
    root: Element
    errors: list[object]

    def all(self, name: str) -> list[Element]:
        """All elements of that name, in order."""
        return list(self.root.iter(name))

    def one(self, name: str) -> Element:
        """The only element of that name."""
        (found,) = self.all(name)
        return found

    def words(self) -> str:
        """What is to be read, with single spaces."""
        return " ".join(" ".join(self.one("body").itertext()).split())

    def links(self) -> Iterator[tuple[str, str, str]]:
        """Element, attribute and value of everything that could fetch something."""
        for element in self.root.iter():
            for name, value in element.attrib.items():
                if name.split("}")[-1] in LINKING:
                    yield str(element.tag), name, value

    def images(self) -> list[Image.Image]:
        """All pictures, decoded to their last pixel."""
        found = []
        for element in self.all("img"):
            kind, _, data = element.attrib["src"].partition(",")
            assert kind == "data:image/png;base64"
            image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
            image.load()
            found.append(image)
        return found

    def table(self, caption: str) -> dict[str, list[str]]:
        """The rows of a table by their names."""
        (found,) = [t for t in self.all("table") if text(t.find("caption")) == caption]
        body = found.find("tbody")
        assert body is not None
        rows = [[text(cell) for cell in row] for row in body]
        return {row[0]: row[1:] for row in rows}


def text(element: Element | None) -> str:
    """What stands in an element."""
    assert element is not None
    return "".join(element.itertext()).strip()


def read(html: str) -> Page:
    """Parse a page."""
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(html)
    return Page(html, root, list(parser.errors))
