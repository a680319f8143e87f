"""Overview."""

from pages.components import page

page.header("Overview")
