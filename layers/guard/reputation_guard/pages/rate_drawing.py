"""The rate over time as lines of an SVG: the numbers of its paths, and the same in words for who does not see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reputation_guard.domain.policy import Kind, Limits
from reputation_guard.domain.rates import Rate, Step, runs
from reputation_guard.domain.words import feedback_in_words, in_words, percent

WIDTH, HEIGHT = 640, 200
# Texts lie inside, since on a phone they are half as large again as beside their lines there would be room for.
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 4, 14, 26
# Two names are this far apart at least, also on a phone.
_LINE_OF_TEXT = 20


@dataclass(frozen=True, slots=True)
class Label:
    """A text in a drawing, at a place, which is its start, its middle or its end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The rate (0..1) of one kind of feedback over time, its 99 % band, and the limits, in units of the SVG."""

    title: str
    words: str
    bands: tuple[str, ...]
    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    pause: Label
    warn: Label
    pause_y: float
    warn_y: float
    heights: tuple[Label, ...]
    moments: tuple[Label, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class _Frame:
    first: int
    last: int
    top: float

    def x(self, second: float) -> float:
        part = (second - self.first) / max(1, self.last - self.first)
        return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, rate: float) -> float:
        part = min(1.0, rate / self.top)
        return round(HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM), 1)


def drawing_of(found: Sequence[Rate], kind: Kind, limits: Limits, step: Step) -> Drawing | None:
    """The drawing of these rates; None where nothing was sent."""
    if not found:
        return None
    frame = _Frame(found[0].end - step.seconds, found[-1].end, _highest(found, limits))
    parts = runs(found, step)
    pause, warn = _names(limits, frame)
    what = feedback_in_words(kind)
    return Drawing(
        title=f"Rate of {what}, each over {in_words(step.window)}",
        words=_in_words(found, what, limits),
        bands=tuple(_band(run, frame, step) for run in parts),
        lines=tuple(_line(run, frame, step) for run in parts if len(run) > 1),
        dots=tuple((frame.x(run[0].end - step.seconds / 2), frame.y(run[0].rate)) for run in parts if len(run) == 1),
        pause=pause,
        warn=warn,
        pause_y=frame.y(limits.pause),
        warn_y=frame.y(limits.warn),
        heights=tuple(
            Label(_LEFT, frame.y(part * frame.top) + below, f"{part * frame.top * 100:.2g} %")
            for part, below in ((0, -5), (1, 10))
        ),
        moments=tuple(_moments(frame, step)),
    )


def _highest(found: Sequence[Rate], limits: Limits) -> float:
    """How high it reaches: over its limits and rates, and over its band as far as that tells anything."""
    rate, band = max(each.rate for each in found), max(each.high for each in found)
    return max(limits.pause * 1.35, rate * 1.1, min(band * 1.05, rate * 1.5))


def _names(limits: Limits, frame: _Frame) -> tuple[Label, Label]:
    pause, warn = frame.y(limits.pause), frame.y(limits.warn)
    shift = max(0.0, _LINE_OF_TEXT - (warn - pause)) / 2
    x = WIDTH - _RIGHT
    return (
        Label(x, round(pause - shift - 5, 1), f"pause {percent(limits.pause)}", "end"),
        Label(x, round(warn + shift - 5, 1), f"warn {percent(limits.warn)}", "end"),
    )


def _line(run: Sequence[Rate], frame: _Frame, step: Step) -> str:
    return " ".join(f"{frame.x(each.end - step.seconds / 2)},{frame.y(each.rate)}" for each in run)


def _band(run: Sequence[Rate], frame: _Frame, step: Step) -> str:
    """A band as wide as its steps, so that one that is alone is seen as well."""
    upper = [(each.end - step.seconds, each.high) for each in run] + [(run[-1].end, run[-1].high)]
    lower = [(each.end - step.seconds, each.low) for each in run] + [(run[-1].end, run[-1].low)]
    return " ".join(f"{frame.x(second)},{frame.y(rate)}" for second, rate in [*upper, *reversed(lower)])


def _moments(frame: _Frame, step: Step) -> Iterator[Label]:
    y = HEIGHT - 6
    middle = (frame.first + frame.last) // 2
    for second, anchor in ((frame.first, "start"), (middle, "mid"), (frame.last, "end")):
        at = datetime.fromtimestamp(second, UTC)
        yield Label(frame.x(second), y, f"{at:%m-%d}" if step is Step.DAY else f"{at:%m-%d %H:%M}", anchor)


def _in_words(found: Sequence[Rate], what: str, limits: Limits) -> str:
    highest, last = max(found, key=lambda each: each.rate), found[-1]
    return (
        f"At most {percent(highest.rate)} {what} ({highest.feedback:,} of {highest.sends:,} sent, until "
        f"{datetime.fromtimestamp(highest.end, UTC):%Y-%m-%d %H:%M} UTC), lately {percent(last.rate)} (with 99 % "
        f"confidence at least {percent(last.low)}, at most {percent(last.high)}). The guard warns above "
        f"{percent(limits.warn)} and pauses above {percent(limits.pause)}."
    )
