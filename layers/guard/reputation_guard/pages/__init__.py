"""The pages people look at: views of domain values, and the HTML made of them. No script, nothing from outside."""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _templates() -> Environment:
    # Everything is escaped: diagnostics and reasons are written by strangers.
    loader = PackageLoader("reputation_guard.pages", ".")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )


def _unbroken(shown: object) -> object:
    """On a narrow page no number stands in another line than its percent sign."""
    return shown.replace(" %", "\u00a0%") if isinstance(shown, str) else shown


@cache
def style() -> str:
    """The one style sheet, as it stands in every page."""
    templates = _templates()
    source, _, _ = templates.loader.get_source(templates, "style.css") if templates.loader else ("", None, None)
    return source


@cache
def style_hash() -> str:
    """What a content security policy calls the style sheet by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}"


def html(template: str, view: object) -> str:
    """A page of a view."""
    return _templates().get_template(template).render(view=view, style=style())
