"""A picture by its file and fingerprint instead of by its pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput
from ..layers import checksum
from ..picture_files import read_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"}


@dataclass(frozen=True)
class PictureReference:
    """Where a picture is, and how to know it again."""

    path: str
    """Absolute, as it was when the session was saved."""
    beside: str
    """Below the folder of the session file, with ``/``; empty if it is not there."""
    checksum: int

    @classmethod
    def to(cls, path: Path, pixels: NDArray[Any], session: Path) -> PictureReference | None:
        """Reference to ``path``, None unless this package reads the same ``pixels`` from it."""
        if path.suffix.lower() not in SUFFIXES:
            return None
        try:
            stored = read_array(path)
        except InvalidInput:
            return None
        if stored.shape != pixels.shape or stored.dtype != pixels.dtype:
            return None
        fingerprint = checksum(pixels)
        if checksum(stored) != fingerprint:
            return None
        folder, path = session.resolve().parent, path.resolve()
        beside = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
        return cls(str(path), beside, fingerprint)

    @classmethod
    def from_plain(cls, plain: Any) -> PictureReference:
        """From JSON; ``ValueError`` if it is none."""
        match plain:
            case {"path": str(path), "beside": str(beside), "checksum": int(number)}:
                return cls(path, beside, number)
        raise ValueError(f"{plain!r} is no reference to a picture")

    def to_plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def load(self, session: Path) -> NDArray[Any]:
        """The pixels.

        Only a picture file on this computer is ever opened: one below the session's own folder,
        or the one at the absolute path.

        Raises
        ------
        InvalidInput
            If the picture is gone or has changed.
        """
        for path in self._candidates(session):
            if path.is_file():
                pixels = read_array(path)
                if checksum(pixels) == self.checksum:
                    return pixels
                raise InvalidInput(f"{path} has changed since the session was saved.")
        raise InvalidInput(
            f"the picture {PurePosixPath(self.beside or self.path).name} is not where it was; put "
            "it into the folder of the session file, or open it by hand."
        )

    def _candidates(self, session: Path) -> list[Path]:
        folder = session.resolve().parent
        beside = [self.beside, Path(self.path).name]
        inside = [(folder / name).resolve() for name in beside if name]
        found = [path for path in inside if path.is_relative_to(folder)]
        # Two slashes in front ask another computer, which would learn who opened the file.
        is_local = not self.path.startswith(("\\\\", "//")) and Path(self.path).is_absolute()
        found += [Path(self.path)] if is_local else []
        return [path for path in found if path.suffix.lower() in SUFFIXES]
