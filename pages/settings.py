"""Settings."""

from pages.components import page

page.header("Settings")
