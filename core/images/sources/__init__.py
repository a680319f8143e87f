"""Where images come from. A new source is one file in this directory and one line in ``SOURCES``."""

from core.images.sources.archive import ArchiveSource
from core.images.sources.base import Source
from core.images.sources.directory import DirectorySource
from core.images.sources.document import DocumentSource
from core.images.sources.huggingface import HuggingFaceSource
from core.images.sources.urls import UrlSource

# In the order in which the upload page offers them.
SOURCES: tuple[Source, ...] = (
    ArchiveSource(),
    DocumentSource(),
    DirectorySource(),
    UrlSource(),
    HuggingFaceSource(),
)
