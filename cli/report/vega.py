"""The grammar of the drawings: layers over time, in Vega-Lite, drawn by vl-convert without a browser or a network.

Colours are the page's own CSS variables, so one drawing serves light, dark and paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from reputation_guard.domain.rates import Step

Chart = dict[str, Any]

WIDTH = 720
AXIS_ROOM = 46  # So that all parts begin at the same x.
# A colour that the data name themselves.
AS_IT_IS = {"field": "color", "type": "nominal", "scale": None}
_SVG = "http://www.w3.org/2000/svg"
_TIMES = {Step.SLOT: "%H:%M", Step.HOUR: "%-d %b %H:%M", Step.DAY: "%-d %b"}
_CONFIG: Chart = {
    "font": "inherit",
    "aria": False,
    "view": {"stroke": None},
    "concat": {"spacing": 16},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelFontSize": 11,
    },
    "title": {
        "anchor": "start",
        "color": "var(--ink)",
        "fontSize": 12,
        "fontWeight": 600,
        "offset": 6,
        "subtitleColor": "var(--soft)",
        "subtitleFontSize": 11,
    },
    "text": {"fontSize": 11},
}


@dataclass(frozen=True, slots=True)
class Time:
    """The time that all drawings of a report show, and how finely."""

    start: datetime
    end: datetime
    step: Step


def drawn(charts: Sequence[Chart]) -> str:
    """Charts below one another, as SVG to be put into a page. It fills the width it is given."""
    for part in charts[:-1]:
        _without_times(part)
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "padding": {"left": 0, "right": 0, "top": 4, "bottom": 0},
        "config": _CONFIG,
        "vconcat": list(charts),
    }
    return _for_a_page(vl_convert.vegalite_to_svg(specification))


def chart(title: str, height: int, layers: Sequence[Chart]) -> Chart:
    """One part of the drawing."""
    return {
        "title": {"text": title, "frame": "group", "dx": -AXIS_ROOM - 6},
        "width": WIDTH,
        "height": height,
        "layer": list(layers),
    }


def layer(mark: Chart, rows: Sequence[Chart], encoding: Chart) -> Chart:
    """One kind of mark, one for each row."""
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": encoding}


def over_time(field: str, time: Time) -> Chart:
    """A field with Unix milliseconds, on the x axis that all parts share."""
    axis = {"title": None, "grid": False, "format": _TIMES[time.step], "tickCount": 8, "labelFlush": True}
    domain = [milliseconds(time.start), milliseconds(time.end)]
    return {"field": field, "type": "temporal", "axis": axis, "scale": {"type": "utc", "domain": domain}}


def milliseconds(at: datetime) -> int:
    """Unix milliseconds."""
    return round(at.timestamp() * 1000)


def _without_times(chart: Chart) -> None:
    """Leave the times to the part below."""
    for layer in chart["layer"]:
        if "axis" in layer["encoding"].get("x", {}):
            layer["encoding"]["x"]["axis"] = None


def _for_a_page(svg: str) -> str:
    """The drawing as a part of a page: as wide as its place, and its words where a pointer rests on it."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314 - it was drawn a moment ago
    root.attrib.pop("width"), root.attrib.pop("height")
    root.set("aria-hidden", "true")
    for element in root.iter():
        words = element.attrib.pop("aria-label", "")
        for name in ("role", "aria-roledescription", "pointer-events"):
            element.attrib.pop(name, None)
        if words and element is not root:
            ET.SubElement(element, f"{{{_SVG}}}title").text = words
    return ET.tostring(root, encoding="unicode")
