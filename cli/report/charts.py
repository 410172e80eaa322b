"""A tenant's time as one drawing: its rates against the limits, its volume, and the guard's decisions."""

from collections.abc import Sequence
from datetime import datetime

from cli.report.fleet import Dossier
from cli.report.rate_chart import rate_chart
from cli.report.timeline import Mark, Span, marks, spans
from cli.report.vega import AS_IT_IS, AXIS_ROOM, WIDTH, Chart, Time, chart, drawn, layer, milliseconds, over_time
from reputation_guard.domain.delays import Delays
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.rates import Piece, Step, pieces, rates
from reputation_guard.domain.tenant import Standing

_VOLUME_HEIGHT = 40
_MARK_RADIUS = 8
_ROW = 2 * _MARK_RADIUS + 2
_NAMED = 12  # More decisions than this are told apart by their numbers alone.
_LETTER = 6.2  # The width of a letter on the whole, in pixels of the drawing.
_SHADES = {Standing.PAUSED: "var(--paused)", Standing.PROBATION: "var(--probation)", Standing.WARNED: "var(--warned)"}
_PER = {Step.SLOT: "5 min", Step.HOUR: "hour", Step.DAY: "day"}


def drawing(tenant: Dossier, time: Time, delays: Delays) -> str:
    """The drawing of one tenant, as SVG to be put into a page."""
    found = pieces(tenant.counts, time.step, time.end, delays)
    noted, standing = marks(tenant.decisions), spans(tenant.decisions, time.end)
    charts = [_decisions_chart(noted, standing, time)] if noted else []
    for kind in Kind:
        if kind is Kind.BOUNCE or _has_any(tenant, kind):
            of_kind = list(rates(found, kind, time.step, tenant.policy.limits(kind).prior))
            behind = [*_shades(standing, time), *_rules(noted, time)]
            charts.append(rate_chart(tenant, of_kind, kind, behind, time))
    charts.append(_volume_chart(found, time))
    if tenant.totals.bounces or tenant.totals.complaints:
        charts.append(_feedback_chart(found, time))
    return drawn(charts)


def _has_any(tenant: Dossier, kind: Kind) -> bool:
    judged = (each.decision.because for each in tenant.decisions)
    return bool(tenant.totals.of(kind)) or any(case and case.window.kind is kind for case in judged)


def _decisions_chart(noted: Sequence[Mark], standing: Sequence[Span], time: Time) -> Chart:
    """The decisions over how the tenant stood; what would lie on another one goes a row down."""
    ends: list[float] = []
    rows = []
    for mark in noted:
        x = (mark.at - time.start) / (time.end - time.start) * WIDTH
        words = f"{mark.words}, {_when(mark.at, time)}" if len(noted) <= _NAMED else ""
        # Beside the number, where there is more room.
        is_left = x > WIDTH / 2
        room = len(words) * _LETTER
        first, last = (x - room, x) if is_left else (x, x + room)
        row = next((at for at, end in enumerate(ends) if first - _MARK_RADIUS >= end), len(ends))
        ends[row : row + 1] = [last + _MARK_RADIUS + 2]
        rows.append(
            {
                "at": milliseconds(mark.at),
                "y": row * _ROW + _ROW / 2,
                "number": str(mark.number),
                "before": words if is_left else "",
                "after": "" if is_left else words,
                "what": f"{mark.number}: {mark.words}, {mark.at:%Y-%m-%d %H:%M:%S} UTC",
                "color": "var(--bad)" if mark.is_wrong else "var(--ink)",
            }
        )
    place = {"x": over_time("at", time), "y": {"field": "y", "type": "quantitative", "scale": None, "axis": None}}
    circles = {"type": "point", "shape": "circle", "filled": True, "size": 230, "opacity": 1, "aria": True}
    number = {"type": "text", "fontSize": 10, "fontWeight": 600, "color": "var(--paper)", "dy": 0.5}
    layers = [
        *_shades(standing, time),
        layer(circles, rows, {**place, "color": AS_IT_IS, "description": {"field": "what", "type": "nominal"}}),
        layer(number, rows, {**place, "text": {"field": "number", "type": "nominal"}}),
    ]
    for side, align, gap in (("before", "right", -_MARK_RADIUS - 4), ("after", "left", _MARK_RADIUS + 4)):
        words_beside = {"type": "text", "align": align, "dx": gap, "dy": 0.5}
        text = {"text": {"field": side, "type": "nominal"}, "color": AS_IT_IS}
        layers.append(layer(words_beside, [row for row in rows if row[side]], {**place, **text}))
    return chart("Decisions and standing", len(ends) * _ROW, layers)


def _when(at: datetime, time: Time) -> str:
    """A moment, as finely as the time that is shown allows."""
    return f"{at:%H:%M:%S}" if time.step is Step.SLOT else f"{at.day} {at:%b %H:%M}"


def _volume_chart(found: Sequence[Piece], time: Time) -> Chart:
    rows = [{**_ends(each, time), "number": each.sends} for each in found if each.sends]
    return chart(f"Sends per {_PER[time.step]}", _VOLUME_HEIGHT, [_bars(rows, "var(--volume)", time)])


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
    return chart(title, _VOLUME_HEIGHT, layers)


def _bars(rows: Sequence[Chart], color: str, time: Time, below: str = "") -> Chart:
    axis = {"title": None, "tickCount": 2, "minExtent": AXIS_ROOM, "maxExtent": AXIS_ROOM, "format": "~s"}
    encoding = {
        "x": over_time("from", time),
        "x2": {"field": "to"},
        "y": {"field": "number", "type": "quantitative", "axis": axis, "scale": {"zero": True}},
        "y2": {"field": below} if below else {"datum": 0},
    }
    return layer({"type": "rect", "color": color}, rows, encoding)


def _ends(piece: Piece, time: Time) -> Chart:
    """Where a bar begins and ends, with a little air between one and the next."""
    air = time.step.seconds * 60
    end = min((piece.start + time.step.seconds) * 1000 - air, milliseconds(time.end))
    return {"from": min(piece.start * 1000 + air, end), "to": end}


def _shades(standing: Sequence[Span], time: Time) -> list[Chart]:
    """How the tenant stood, behind all else."""
    rows = [
        {
            "from": milliseconds(max(each.start, time.start)),
            "to": milliseconds(min(each.end, time.end)),
            "color": _SHADES[each.standing],
        }
        for each in standing
    ]
    encoding = {"x": over_time("from", time), "x2": {"field": "to"}, "color": AS_IT_IS}
    return [layer({"type": "rect", "opacity": 1}, rows, encoding)] if rows else []


def _rules(noted: Sequence[Mark], time: Time) -> list[Chart]:
    """A line down from each decision."""
    rows = [{"at": milliseconds(each.at), "color": "var(--bad)" if each.is_wrong else "var(--ink)"} for each in noted]
    mark = {"type": "rule", "strokeWidth": 1, "strokeDash": [2, 2]}
    encoding = {"x": over_time("at", time), "color": AS_IT_IS}
    return [layer(mark, rows, encoding)] if rows else []
