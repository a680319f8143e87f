import streamlit as st


def one() -> None:
    st.write("page one")


def two() -> None:
    st.write("page two")


st.navigation([st.Page(one, title="One", default=True), st.Page(two, title="Two")]).run()
