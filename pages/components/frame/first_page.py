"""What the frame and Overview import. Both are on the first screen, which waits for nothing else of core.

It is imported as one, by one thread (``core/lazy.py``): by the warm-up while the browser loads Streamlit's scripts.
Everything that ``pages/overview.py`` imports is in it, as a test checks.
"""

from pages.components.curate import own_review
from pages.components.frame.layout import show
from pages.components.overview import moves, project_dialogs, start
from pages.components.shared import figure

__all__ = ["figure", "moves", "own_review", "project_dialogs", "show", "start"]
