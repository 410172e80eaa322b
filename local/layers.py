"""Layers unpacked once per run instead of once per function and process, and nothing but them on the import path."""

import hashlib
import io
import sys
import sysconfig
import threading
import zipfile
from pathlib import Path


class SharedLayers:
    """Unpacks layers into a folder, and gives stand-ins that lead a function's process there."""

    def __init__(self, folder: Path) -> None:
        """Keep the layers below a folder."""
        self._folder = folder
        self._stand_ins: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def stand_in(self, archive: bytes) -> bytes:
        """Return a small archive that puts the layer's own folder in front of the import path."""
        digest = hashlib.sha256(archive).digest()
        with self._lock:
            if digest not in self._stand_ins:
                self._stand_ins[digest] = _leading_to(self._unpack(archive, digest.hex()))
            return self._stand_ins[digest]

    def _unpack(self, archive: bytes, name: str) -> Path:
        layer = self._folder / name[:16]
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            packed.extractall(layer)
        return layer


def _leading_to(layer: Path) -> bytes:
    # A process adds this folder as a site directory, and Python runs the `import` lines of a site directory's .pth.
    site = f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    own = [str(layer / "python"), str(layer / site)]
    # MiniStack's own packages must not stand in for what a layer forgot.
    foreign = sysconfig.get_path("purelib")
    line = f"import sys; sys.path[:] = {own!r} + [path for path in sys.path if path != {foreign!r}]\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{site}/layer.pth", line)
    return packed.getvalue()
