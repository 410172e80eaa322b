"""A process that dies at its n-th call to the world, before the call arrives or after it was done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

World = TypeVar("World")


class CrashError(BaseException):
    """The process is gone: nothing catches this but the test."""


@dataclass(slots=True)
class Fuse:
    """Blows at a call to any of the worlds that hang on it; `error` may be one that the world itself would give."""

    calls_left: int
    after_the_call: bool = False
    error: Callable[[], BaseException] = CrashError
    blown: bool = False

    def through(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, and the crash when its turn has come."""

        def wired(*args: Any, **kwargs: Any) -> Any:
            self.calls_left -= 1
            if self.calls_left != 0:
                return call(*args, **kwargs)
            self.blown = True
            if self.after_the_call:
                call(*args, **kwargs)
            raise self.error()

        return wired


class _Wired:
    def __init__(self, world: object, fuse: Fuse) -> None:
        self._world = world
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return self._fuse.through(getattr(self._world, name))


def wired(world: World, fuse: Fuse) -> World:
    """The same world, behind a fuse."""
    return cast("World", _Wired(world, fuse))
