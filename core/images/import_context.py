"""What an import may read: the settings of the process and the directories that they allow."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.bucket_address import BucketAddress, is_address, parse_address, require_allowed
from core.config import Settings
from core.errors import InvalidInputError

_UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{21}")


@dataclass(frozen=True)
class ImportContext:
    """The settings of the process, and the directories that imports may read from."""

    settings: Settings
    is_unlimited: bool = False
    """Python code may read what its process may read."""

    @property
    def uploads(self) -> Path:
        """The directory of uploaded archives and downloaded datasets."""
        return self.settings.data_dir / "imports"

    @property
    def allows_every_path(self) -> bool:
        """True in local mode without VITRINE_IMPORT_ROOTS: the one person here may read these files anyway."""
        return self.is_unlimited or not (self.settings.has_sign_in or self.settings.import_roots)

    def resolve_bucket(self, text: str, *, in_list: bool = False) -> BucketAddress:
        """Return the address *text* of a bucket, which the settings must allow: its keys are those of this server.

        Raises:
            InvalidInputError: it is no address of a bucket, or :func:`core.object_storage.require_allowed` refuses it.
        """
        address = parse_address(text)
        if not self.is_unlimited:
            require_allowed(self.settings, address, in_list=in_list)
        return address

    def require(self, text: str, *, in_roots: bool = False) -> None:
        """Raise when nothing may be imported from *text*, a path or the address of a bucket.

        Raises:
            InvalidInputError: see :meth:`resolve` and :meth:`resolve_bucket`.
        """
        if is_address(text):
            self.resolve_bucket(text, in_list=in_roots)
        else:
            self.resolve(text, in_roots=in_roots)

    def resolve(self, text: str, *, in_roots: bool = False) -> Path:
        """Return the real path of *text*, which must be below an allowed directory.

        In local mode, with no directory named in the settings, every path of this machine is allowed, unless
        *in_roots* asks for a named directory. A named directory never opens the data directory, which has
        the images and uploads of others.

        Raises:
            InvalidInputError: it is elsewhere or does not exist.
        """
        if is_address(text):
            raise InvalidInputError(
                "This is the address of a bucket. Enter it under A bucket, and a path here.", field="path"
            )
        if not text or "\0" in text or ("\\" in text and os.sep != "\\"):
            raise InvalidInputError("Enter the path of a file or directory on the server.", field="path")
        path = Path(text)
        is_on_machine = path.is_absolute()
        path = (path if is_on_machine else self.uploads / path).resolve()
        uploads, roots = self.uploads.resolve(), [root.resolve() for root in self.settings.import_roots]
        is_of_upload = path.is_relative_to(uploads)
        is_allowed = (is_of_upload or (is_on_machine and self.allows_every_path)) and not in_roots
        is_in_root = any(path.is_relative_to(root) for root in roots)
        if is_in_root and not is_allowed and self._overlaps_data(path):
            raise InvalidInputError("This directory has the data of Vitrine. Choose one that has not.", field="path")
        if not is_allowed and not is_in_root:
            allowed = ", ".join(str(root) for root in self.settings.import_roots) or "none yet"
            raise InvalidInputError(
                f"Nothing may be imported from there. Allowed by VITRINE_IMPORT_ROOTS: {allowed}.", field="path"
            )
        if not path.exists():
            if _UPLOAD_ID.fullmatch(text.partition("/")[0]):
                raise InvalidInputError(
                    "What was uploaded is not in the data directory of the server that runs the tasks. "
                    "Let all servers share one data directory, then upload it again.",
                    field="path",
                )
            whole = "" if is_on_machine else " Enter the whole path, from the root of the disk on."
            raise InvalidInputError(f"There is no {path.name} on the server.{whole}", field="path")
        return path

    def _overlaps_data(self, path: Path) -> bool:
        data_dir = self.settings.data_dir.resolve()
        return path.is_relative_to(data_dir) or data_dir.is_relative_to(path)
