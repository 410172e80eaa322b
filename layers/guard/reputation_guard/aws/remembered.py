"""What a warm process remembers to save itself calls: never more than so much, however long it lives."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

# A few megabytes of names. Whoever sends mail chooses names in it, so nothing else would bound them.
MOST = 10_000


class Remembered(OrderedDict[K, V]):
    """The last things it was told, the oldest forgotten first: what is forgotten costs a call, and never a count."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)
