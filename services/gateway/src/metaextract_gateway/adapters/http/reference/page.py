"""The reference page: made from the OpenAPI document on the server, so that browsers need no script."""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES: Final = "metaextract_gateway.adapters.http.reference"
SUCCESS_BELOW: Final = 300
BASE: Final = "https://base.invalid"
"""Stands in the page where the address of the server belongs, which each request names."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The page, and the policy under which browsers show it."""

    text: str
    content_security_policy: str

    def at(self, base: str) -> str:
        """Return the page with the address of the server in its examples."""
        return self.text.replace(BASE, html.escape(base))


def made_of(document: Document) -> Page:
    """Render the page."""
    style = files(TEMPLATES).joinpath("templates", "style.css").read_text("utf-8")
    environment = Environment(
        loader=PackageLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "inline": inline, "kind": kind_of, "anchor": anchor}
    text = environment.get_template("page.html.j2").render(
        document=document,
        style=Markup(style),  # noqa: S704 - our own file
        sections=[(tag, list(_operations(document, tag["name"]))) for tag in document["tags"]],
        schemas=document["components"]["schemas"],
        shared=document["components"]["responses"],
        base=BASE,
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return Page(text, f"default-src 'none'; {own}")


def _operations(document: Document, tag: str) -> Iterator[dict[str, Any]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if tag in operation["tags"]:
                responses = operation["responses"].items()
                yield {
                    **operation,
                    "path": path,
                    "verb": verb,
                    "good": [(status, one) for status, one in responses if int(status) < SUCCESS_BELOW],
                    "bad": [(status, one) for status, one in responses if _is_own(status, one)],
                    "curl": operation["x-curl"].replace("$BASE", BASE),
                }


def _is_own(status: str, response: Document) -> bool:
    """Tell whether a refusal is one that not every operation has."""
    return int(status) >= SUCCESS_BELOW and "$ref" not in response


def inline(text: str) -> Markup:
    """Render the code in a line of Markdown."""
    escaped = str(Markup.escape(text))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))  # noqa: S704 - escaped before


def prose(text: str) -> Markup:
    """Render paragraphs and lists of Markdown, which is all that descriptions have."""
    parts: list[Markup] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines and all(line.startswith("* ") for line in lines):
            items = Markup("").join(Markup("<li>{}</li>").format(inline(line[2:])) for line in lines)
            parts.append(Markup("<ul>{}</ul>").format(items))
        elif lines:
            parts.append(Markup("<p>{}</p>").format(inline(" ".join(lines))))
    return Markup("\n").join(parts)


def anchor(name: str) -> str:
    """Return the fragment of a schema."""
    return "schema-" + re.sub(r"[^A-Za-z0-9]+", "-", name)


def kind_of(schema: Mapping[str, Any]) -> Markup:
    """Say in a few words what a schema allows; others are linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{}">{}</a>').format(anchor(name), name)
    if schema.get("type") == "array":
        return Markup("list of {}").format(kind_of(schema["items"]))
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        return Markup("map of {}").format(kind_of(inner))
    words = [str(schema.get("format") or schema.get("type") or "any")]
    if "const" in schema:
        words = [f"`{schema['const']}`"]
    if "enum" in schema:
        words = [", ".join(f"`{one}`" for one in schema["enum"])]
    stated = {rule: schema[rule] for rule in _RULES if abs(schema.get(rule, _LARGEST)) < _LARGEST}
    words += [f"{_RULES[rule]} {bound}" for rule, bound in stated.items()]
    return inline(", ".join(words))


_LARGEST: Final = 2**63 - 1
_RULES: Final = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "minLength": "characters from",
    "maxLength": "characters to",
    "minItems": "items from",
    "maxItems": "items to",
}
