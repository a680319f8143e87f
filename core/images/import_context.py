"""What an import may read: the settings of the process and the directories that they allow."""

from dataclasses import dataclass
from pathlib import Path

from core.config import Settings
from core.errors import InvalidInputError


@dataclass(frozen=True)
class ImportContext:
    """The settings of the process, and the directories that imports may read from."""

    settings: Settings

    @property
    def uploads(self) -> Path:
        """The directory of uploaded archives and downloaded datasets."""
        return self.settings.data_dir / "imports"

    def resolve(self, text: str) -> Path:
        """Return the real path of *text*, which must be below an allowed directory.

        Raises:
            InvalidInputError: it is elsewhere or does not exist.
        """
        if not text or "\0" in text or "\\" in text:
            raise InvalidInputError("Enter the path of a file or directory on the server.", field="path")
        path = Path(text)
        path = (path if path.is_absolute() else self.uploads / path).resolve()
        roots = [self.uploads.resolve(), *(root.resolve() for root in self.settings.import_roots)]
        if not any(path.is_relative_to(root) for root in roots):
            allowed = ", ".join(str(root) for root in self.settings.import_roots) or "none yet"
            raise InvalidInputError(
                f"Nothing may be imported from there. Allowed by VITRINE_IMPORT_ROOTS: {allowed}.", field="path"
            )
        if not path.exists():
            raise InvalidInputError(f"There is no {path.name} on the server.", field="path")
        return path
