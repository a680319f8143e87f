import os

import streamlit as st

for number in range(int(os.environ["BARE_ELEMENTS"])):
    st.text(f"element {number}")
