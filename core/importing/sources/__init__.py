"""Where images come from. A new source is one file in this directory and one line in ``SOURCES``."""

from core.importing.sources.archive import ArchiveSource
from core.importing.sources.base import Source
from core.importing.sources.directory import DirectorySource
from core.importing.sources.document import DocumentSource
from core.importing.sources.huggingface import HuggingFaceSource
from core.importing.sources.urls import UrlSource

# In the order in which the upload page offers them.
SOURCES: tuple[Source, ...] = (
    ArchiveSource(),
    DocumentSource(),
    DirectorySource(),
    UrlSource(),
    HuggingFaceSource(),
)
