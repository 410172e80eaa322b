"""A tenant's time as one drawing: its rates against the limits, its volume, and the guard's decisions.

Vega-Lite draws it, inside vl-convert, without a browser or a network. Colours are the page's own CSS variables, so one
drawing serves light, dark and paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from cli.report.fleet import Dossier
from cli.report.rates import Piece, Rate, Step, pieces, rates
from cli.report.timeline import Mark, Span, marks, spans
from reputation_guard.domain.notices import in_words, percent
from reputation_guard.domain.policy import Kind, Limits
from reputation_guard.domain.tenant import Standing

Chart = dict[str, Any]

WIDTH = 720
_RATE_HEIGHT, _VOLUME_HEIGHT = 112, 40
_FEW = 3
_AXIS_ROOM = 46  # So that all parts begin at the same x.
_MARK_RADIUS = 8
_NAMED = 12  # More decisions than this are told apart by their numbers alone.
_LETTER = 6.2  # The width of a letter on the whole, in pixels of the drawing.
_LINE_OF_TEXT = 13
_ROW = 2 * _MARK_RADIUS + 2
_SVG = "http://www.w3.org/2000/svg"
_TIMES = {Step.SLOT: "%H:%M", Step.HOUR: "%-d %b %H:%M", Step.DAY: "%-d %b"}
_SHADES = {Standing.PAUSED: "var(--paused)", Standing.PROBATION: "var(--probation)", Standing.WARNED: "var(--warned)"}
_PER = {Step.SLOT: "5 min", Step.HOUR: "hour", Step.DAY: "day"}
WHAT = {Kind.BOUNCE: "hard bounces", Kind.COMPLAINT: "complaints"}
# A colour that the data name themselves.
_AS_IT_IS = {"field": "color", "type": "nominal", "scale": None}
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


def drawing(tenant: Dossier, time: Time) -> str:
    """The drawing of one tenant, as SVG to be put into a page. It fills the width it is given."""
    found = pieces(tenant.counts, time.step, time.end)
    noted, standing = marks(tenant.decisions), spans(tenant.decisions, time.end)
    charts = [_decisions_chart(noted, standing, time)] if noted else []
    for kind in Kind:
        if kind is Kind.BOUNCE or _has_any(tenant, kind):
            limits = tenant.policy.limits(kind)
            of_kind = list(rates(found, kind, time.step, limits.prior))
            charts.append(_rate_chart(of_kind, kind, limits, [*_shades(standing, time), *_rules(noted, time)], time))
    charts.append(_volume_chart(found, time))
    if tenant.totals.bounces or tenant.totals.complaints:
        charts.append(_feedback_chart(found, time))
    for chart in charts[:-1]:
        _without_times(chart)
    specification = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "padding": {"left": 0, "right": 0, "top": 4, "bottom": 0},
        "config": _CONFIG,
        "vconcat": charts,
    }
    return _for_a_page(vl_convert.vegalite_to_svg(specification))


def _has_any(tenant: Dossier, kind: Kind) -> bool:
    judged = (each.decision.because for each in tenant.decisions)
    return bool(tenant.totals.of(kind)) or any(case and case.window.kind is kind for case in judged)


def _decisions_chart(noted: Sequence[Mark], standing: Sequence[Span], time: Time) -> Chart:
    """The decisions over how the tenant stood; what would lie on another one goes a row down."""
    ends: list[float] = []
    rows = []
    for mark in noted:
        x = (mark.at - time.start) / (time.end - time.start) * WIDTH
        words = f"{mark.words}, {mark.at:%H:%M:%S}" if len(noted) <= _NAMED else ""
        # Beside the number, where there is more room.
        is_left = x > WIDTH / 2
        room = len(words) * _LETTER
        first, last = (x - room, x) if is_left else (x, x + room)
        row = next((at for at, end in enumerate(ends) if first - _MARK_RADIUS >= end), len(ends))
        ends[row : row + 1] = [last + _MARK_RADIUS + 2]
        rows.append(
            {
                "at": _milliseconds(mark.at),
                "y": row * _ROW + _ROW / 2,
                "number": str(mark.number),
                "before": words if is_left else "",
                "after": "" if is_left else words,
                "what": f"{mark.number}: {mark.words}, {mark.at:%Y-%m-%d %H:%M:%S} UTC",
                "color": "var(--bad)" if mark.is_wrong else "var(--ink)",
            }
        )
    place = {"x": _time("at", time), "y": {"field": "y", "type": "quantitative", "scale": None, "axis": None}}
    circles = {"type": "point", "shape": "circle", "filled": True, "size": 230, "opacity": 1, "aria": True}
    number = {"type": "text", "fontSize": 10, "fontWeight": 600, "color": "var(--paper)", "dy": 0.5}
    layers = [
        *_shades(standing, time),
        _layer(circles, rows, {**place, "color": _AS_IT_IS, "description": {"field": "what", "type": "nominal"}}),
        _layer(number, rows, {**place, "text": {"field": "number", "type": "nominal"}}),
    ]
    for side, align, gap in (("before", "right", -_MARK_RADIUS - 4), ("after", "left", _MARK_RADIUS + 4)):
        words_beside = {"type": "text", "align": align, "dx": gap, "dy": 0.5}
        text = {"text": {"field": side, "type": "nominal"}, "color": _AS_IT_IS}
        layers.append(_layer(words_beside, [row for row in rows if row[side]], {**place, **text}))
    return _chart("Decisions and standing", len(ends) * _ROW, layers)


def _layer(mark: Chart, rows: Sequence[Chart], encoding: Chart) -> Chart:
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": encoding}


def _rate_chart(found: Sequence[Rate], kind: Kind, limits: Limits, behind: Sequence[Chart], time: Time) -> Chart:
    top = _top(found, limits)
    axis = {
        "title": None,
        "tickCount": 3,
        "minExtent": _AXIS_ROOM,
        "maxExtent": _AXIS_ROOM,
        "labelExpr": "format(datum.value * 100, '~g') + ' %'",
    }
    y = {"type": "quantitative", "axis": axis, "scale": {"domain": [0, top], "nice": False}}
    rows = [_rate_row(each, kind, time) for each in found]
    band = {"type": "area", "color": "var(--band)", "opacity": 1, "clip": True}
    line = {"type": "line", "color": "var(--accent)", "strokeWidth": 1.8, "clip": True}
    if len(found) <= _FEW:
        line["point"] = {"filled": True, "color": "var(--accent)", "size": 18}
    middle, to = _time("middle", time), {"field": "to"}
    # Nothing to see: it is where a pointer rests.
    column = {"type": "rect", "color": "transparent", "aria": True}
    what = {"field": "what", "type": "nominal"}
    layers = [
        *behind,
        _layer(band, rows, {"x": middle, "y": {"field": "low", **y}, "y2": {"field": "high"}}),
        *_limit_lines(limits, y),
        _layer(line, rows, {"x": middle, "y": {"field": "rate", **y}}),
        _layer(column, rows, {"x": _time("from", time), "x2": to, "description": what}),
    ]
    return _chart(f"Rate of {WHAT[kind]}, over {in_words(time.step.window)}", _RATE_HEIGHT, layers)


def _rate_row(rate: Rate, kind: Kind, time: Time) -> Chart:
    start, end = _moment(rate.start, time), _moment(rate.end, time)
    what = (
        f"{start} to {end} UTC: {rate.feedback:,} {WHAT[kind]} of {rate.sends:,} sent, {percent(rate.rate)} "
        f"(with 99 % confidence at least {percent(rate.low)}, at most {percent(rate.high)})"
    )
    first, last = (rate.end - time.step.seconds) * 1000, min(rate.end * 1000, _milliseconds(time.end))
    return {
        "from": first,
        "to": last,
        "middle": (first + last) // 2,
        "rate": round(rate.rate, 6),
        "low": round(rate.low, 6),
        "high": round(rate.high, 6),
        "what": what,
    }


def _top(found: Sequence[Rate], limits: Limits) -> float:
    """How high a drawing reaches: over its limits and its rates, and over its band as far as that tells anything."""
    highest = max((each.rate for each in found), default=0.0)
    band = max((each.high for each in found), default=0.0)
    return max(limits.pause * 1.35, highest * 1.1, min(band * 1.05, highest * 1.5, limits.pause * 4))


def _limit_lines(limits: Limits, y: Chart) -> list[Chart]:
    """The limits, with their names beside the drawing, apart from one another."""
    apart = (limits.pause - limits.warn) / y["scale"]["domain"][1] * _RATE_HEIGHT
    shift = max(0.0, _LINE_OF_TEXT - apart) / 2
    layers = []
    for name, limit, color, dash, dy in (
        ("pause", limits.pause, "var(--bad)", [1, 0], -shift),
        ("warn", limits.warn, "var(--soft)", [4, 3], shift),
    ):
        rows = [{"limit": limit, "name": f"{name} {percent(limit)}"}]
        place = {"y": {"field": "limit", **y}}
        rule = {"type": "rule", "color": color, "strokeDash": dash, "strokeWidth": 1}
        text = {"type": "text", "align": "left", "baseline": "middle", "color": color, "dx": 6, "dy": dy}
        beside = {"x": {"value": WIDTH}, "text": {"field": "name", "type": "nominal"}}
        layers += [_layer(rule, rows, place), _layer(text, rows, {**place, **beside})]
    return layers


def _volume_chart(found: Sequence[Piece], time: Time) -> Chart:
    rows = [{**_ends(each, time), "number": each.sends} for each in found if each.sends]
    return _chart(f"Sends per {_PER[time.step]}", _VOLUME_HEIGHT, [_bars(rows, "var(--volume)", time)])


def _feedback_chart(found: Sequence[Piece], time: Time) -> Chart:
    """Hard bounces with complaints on top of them."""
    bounces, complaints = [], []
    for each in found:
        bounced, complained = (each.feedback[kind] for kind in Kind)
        if bounced:
            bounces.append({**_ends(each, time), "number": bounced})
        if complained:
            complaints.append({**_ends(each, time), "below": bounced, "number": bounced + complained})
    layers = [_bars(bounces, "var(--accent)", time), _bars(complaints, "var(--ink)", time, below="below")]
    title = f"Hard bounces per {_PER[time.step]}, complaints on top"
    return _chart(title, _VOLUME_HEIGHT, layers)


def _bars(rows: Sequence[Chart], color: str, time: Time, below: str = "") -> Chart:
    axis = {"title": None, "tickCount": 2, "minExtent": _AXIS_ROOM, "maxExtent": _AXIS_ROOM, "format": "~s"}
    encoding = {
        "x": _time("from", time),
        "x2": {"field": "to"},
        "y": {"field": "number", "type": "quantitative", "axis": axis, "scale": {"zero": True}},
        "y2": {"field": below} if below else {"datum": 0},
    }
    return _layer({"type": "rect", "color": color}, rows, encoding)


def _ends(piece: Piece, time: Time) -> Chart:
    """Where a bar begins and ends, with a little air between one and the next."""
    air = time.step.seconds * 60
    end = min((piece.start + time.step.seconds) * 1000 - air, _milliseconds(time.end))
    return {"from": min(piece.start * 1000 + air, end), "to": end}


def _shades(standing: Sequence[Span], time: Time) -> list[Chart]:
    """How the tenant stood, behind all else."""
    rows = [
        {
            "from": _milliseconds(max(each.start, time.start)),
            "to": _milliseconds(min(each.end, time.end)),
            "color": _SHADES[each.standing],
        }
        for each in standing
    ]
    encoding = {"x": _time("from", time), "x2": {"field": "to"}, "color": _AS_IT_IS}
    return [_layer({"type": "rect", "opacity": 1}, rows, encoding)] if rows else []


def _rules(noted: Sequence[Mark], time: Time) -> list[Chart]:
    """A line down from each decision."""
    rows = [{"at": _milliseconds(each.at), "color": "var(--bad)" if each.is_wrong else "var(--ink)"} for each in noted]
    mark = {"type": "rule", "strokeWidth": 1, "strokeDash": [2, 2]}
    encoding = {"x": _time("at", time), "color": _AS_IT_IS}
    return [_layer(mark, rows, encoding)] if rows else []


def _chart(title: str, height: int, layers: Sequence[Chart]) -> Chart:
    """One part of the drawing."""
    return {
        "title": {"text": title, "frame": "group", "dx": -_AXIS_ROOM - 6},
        "width": WIDTH,
        "height": height,
        "layer": list(layers),
    }


def _without_times(chart: Chart) -> None:
    """Leave the times to the part below."""
    for layer in chart["layer"]:
        if "axis" in layer["encoding"].get("x", {}):
            layer["encoding"]["x"]["axis"] = None


def _time(field: str, time: Time) -> Chart:
    axis = {"title": None, "grid": False, "format": _TIMES[time.step], "tickCount": 8, "labelFlush": True}
    domain = [_milliseconds(time.start), _milliseconds(time.end)]
    return {"field": field, "type": "temporal", "axis": axis, "scale": {"type": "utc", "domain": domain}}


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _moment(second: int, time: Time) -> str:
    moment = min(datetime.fromtimestamp(second, UTC), time.end)
    return f"{moment:%Y-%m-%d}" if time.step is Step.DAY else f"{moment:%Y-%m-%d %H:%M}"


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
