"""Where images come from; a new source is one file here and one more line in the list."""

from core.images.sources.archive import ArchiveSource
from core.images.sources.base import Source
from core.images.sources.directory import DirectorySource
from core.images.sources.document import DocumentSource
from core.images.sources.huggingface import HuggingFaceSource
from core.images.sources.urls import UrlSource

SOURCES: tuple[Source, ...] = (
    ArchiveSource(),
    DocumentSource(),
    DirectorySource(),
    UrlSource(),
    HuggingFaceSource(),
)
