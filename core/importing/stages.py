"""The stages of an import: each begins when the items of the one before it have ended."""

from typing import Final

OPEN: Final = 0
"""Tables and documents inside a directory or archive are opened, and files of the Hub downloaded."""
LOAD: Final = 1
"""Images are loaded and stored, annotations read into spools."""
MATCH: Final = 2
"""Written image names are matched."""
FETCH: Final = 3
"""Images that are named by their URL, and are nowhere here, are fetched."""
MATCH_FETCHED: Final = 4
STORE: Final = 5
"""Matched records become entries."""
