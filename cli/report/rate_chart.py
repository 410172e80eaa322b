"""The rate of one kind of feedback over time, with its confidence, its limits, and what decisions were made on."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cli.report.fleet import Dossier
from cli.report.vega import AS_IT_IS, AXIS_ROOM, WIDTH, Chart, Time, chart, layer, milliseconds, over_time
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.policy import Kind, Limits
from reputation_guard.domain.rates import Rate, Step, runs
from reputation_guard.domain.words import case_in_words, in_words, percent

WHAT = {Kind.BOUNCE: "hard bounces", Kind.COMPLAINT: "complaints"}
_HEIGHT = 112
_FEW = 3
_LINE_OF_TEXT = 13
# A line ends where a run does: over days without mail there is no rate.
_BY_RUN = {"detail": {"field": "run", "type": "nominal"}}


def rate_chart(tenant: Dossier, found: Sequence[Rate], kind: Kind, behind: Sequence[Chart], time: Time) -> Chart:
    """The rates in front of what is `behind` them."""
    limits, cases = tenant.policy.limits(kind), _cases(tenant, kind)
    top = _top(found, limits, [case["rate"] for case in cases])
    axis = {
        "title": None,
        "tickCount": 3,
        "minExtent": AXIS_ROOM,
        "maxExtent": AXIS_ROOM,
        "labelExpr": "format(datum.value * 100, '~g') + ' %'",
    }
    y = {"type": "quantitative", "axis": axis, "scale": {"domain": [0, top], "nice": False}}
    rows = [
        _rate_row(each, kind, time) | {"run": number, "of": len(run)}
        for number, run in enumerate(runs(found, time.step))
        for each in run
    ]
    # Nothing to see: it is where a pointer rests.
    column = {"type": "rect", "color": "transparent", "aria": True}
    across, what = {"x": over_time("from", time), "x2": {"field": "to"}}, {"field": "what", "type": "nominal"}
    layers = [
        *behind,
        *_band_layers(rows, y, time),
        *_limit_lines(limits, y),
        *_line_layers(rows, y, time),
        *_case_layers(cases, y, time),
        layer(column, rows, {**across, "description": what}),
    ]
    return chart(f"Rate of {WHAT[kind]}, over {in_words(time.step.window)}", _HEIGHT, layers)


def _band_layers(rows: Sequence[Chart], y: Chart, time: Time) -> list[Chart]:
    """Where the rates lie, run by run; one that is alone is as wide as its step."""
    band = {"color": "var(--band)", "opacity": 1, "clip": True}
    ends = {"y": {"field": "low", **y}, "y2": {"field": "high"}}
    alone = {"x": over_time("from", time), "x2": {"field": "to"}, **ends}
    return [
        layer({"type": "area", **band}, rows, {"x": over_time("middle", time), **ends, **_BY_RUN}),
        layer({"type": "rect", **band}, [row for row in rows if row["of"] == 1], alone),
    ]


def _line_layers(rows: Sequence[Chart], y: Chart, time: Time) -> list[Chart]:
    """The rates, run by run; with dots where there are too few of them to make a line."""
    place = {"x": over_time("middle", time), "y": {"field": "rate", **y}}
    line = {"type": "line", "color": "var(--accent)", "strokeWidth": 1.8, "clip": True}
    dot = {"type": "point", "filled": True, "color": "var(--accent)", "opacity": 1, "size": 18, "clip": True}
    few = [row for row in rows if row["of"] <= _FEW]
    return [layer(line, rows, {**place, **_BY_RUN}), layer(dot, few, place)]


def _rate_row(rate: Rate, kind: Kind, time: Time) -> Chart:
    start, end = _moment(rate.start, time), _moment(rate.end, time)
    what = (
        f"{start} to {end} UTC: {rate.feedback:,} {WHAT[kind]} of {rate.sends:,} sent, {percent(rate.rate)} "
        f"(with 99 % confidence at least {percent(rate.low)}, at most {percent(rate.high)})"
    )
    first, last = (rate.end - time.step.seconds) * 1000, min(rate.end * 1000, milliseconds(time.end))
    return {
        "from": first,
        "to": last,
        "middle": (first + last) // 2,
        "rate": round(rate.rate, 6),
        "low": round(rate.low, 6),
        "high": round(rate.high, 6),
        "what": what,
    }


def _cases(tenant: Dossier, kind: Kind) -> list[Chart]:
    """What the guard saw when it decided: the rate of the window that made its case, and the bound of it."""
    return [
        {
            "at": milliseconds(each.decision.at),
            "rate": case.window.rate,
            "bound": case.window.bound(case.prior),
            "color": "var(--bad)" if each.decision.answer is Answer.PAUSE else "var(--ink)",
            "what": f"{number}: {case_in_words(case)}",
        }
        for number, each in enumerate(tenant.decisions, 1)
        if (case := each.decision.because) and case.window.kind is kind and case.window.due
    ]


def _case_layers(cases: Sequence[Chart], y: Chart, time: Time) -> list[Chart]:
    """A dot at the rate, on a line up from the bound."""
    place = {"x": over_time("at", time), "color": AS_IT_IS}
    rate, what = {"field": "rate", **y}, {"field": "what", "type": "nominal"}
    line = {"type": "rule", "strokeWidth": 2.5, "clip": True}
    dot = {"type": "point", "filled": True, "size": 50, "opacity": 1, "aria": True, "clip": True}
    return [
        layer(line, cases, {**place, "y": {"field": "bound", **y}, "y2": {"field": "rate"}}),
        layer(dot, cases, {**place, "y": rate, "description": what}),
    ]


def _top(found: Sequence[Rate], limits: Limits, decided: Sequence[float]) -> float:
    """How high a drawing reaches: over its limits and its rates, and over its band as far as that tells anything."""
    highest = max([0.0, *decided, *(each.rate for each in found)])
    band = max((each.high for each in found), default=0.0)
    return max(limits.pause * 1.35, highest * 1.1, min(band * 1.05, highest * 1.5, limits.pause * 4))


def _limit_lines(limits: Limits, y: Chart) -> list[Chart]:
    """The limits, with their names beside the drawing, apart from one another."""
    apart = (limits.pause - limits.warn) / y["scale"]["domain"][1] * _HEIGHT
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
        layers += [layer(rule, rows, place), layer(text, rows, {**place, **beside})]
    return layers


def _moment(second: int, time: Time) -> str:
    moment = min(datetime.fromtimestamp(second, UTC), time.end)
    return f"{moment:%Y-%m-%d}" if time.step is Step.DAY else f"{moment:%Y-%m-%d %H:%M}"
