"""Vitrine without the gate, for bench/gate.py: what Home.py serves, less its middleware."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from core import app as vitrine  # noqa: E402
from pages.components.shared import streamlit_private  # noqa: E402

streamlit_private.disable_pages_directory()
app = st.App(str(ROOT / "Home.py"), middleware=[vitrine.own_routes()], lifespan=vitrine.lifespan)
