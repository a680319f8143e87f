"""A secret that is shown once: from when it was made until it is closed, or its page is left."""

import streamlit as st

_PREFIX = "shown-once/"
"""Of the keys in the session; a place and the id of what has the secret follow."""


def keep(place: str, id_: str, sentence: str, secret: str) -> None:
    """Let :func:`show` draw *secret* with *sentence*; *place* begins with the name of the page."""
    st.session_state[f"{_PREFIX}{place}/{id_}"] = f"{sentence}\n{secret}"


def show(place: str) -> None:
    """Draw the secrets that were made at *place* and not closed, each with a button that closes it."""
    for key in _keys():
        if key.startswith(f"{_PREFIX}{place}/"):
            sentence, _, secret = st.session_state[key].partition("\n")
            with st.container(border=True, key=f"{key}-box"):
                st.text(f"{sentence} It is not shown again after you close it or leave this page.")
                st.code(secret, language=None)
                st.button("Close", icon=":material/close:", key=f"{key}-close", on_click=_close, args=(key,))


def close(place: str, id_: str) -> None:
    """Draw the secret of *id_* no longer: it is worth nothing any more."""
    _close(f"{_PREFIX}{place}/{id_}")


def forget_others(page_name: str) -> None:
    """Forget the secrets of every page but this one."""
    for key in _keys():
        if not key.startswith(f"{_PREFIX}{page_name}/"):
            _close(key)


def _keys() -> list[str]:
    """Return the keys of the secrets, without those of their widgets."""
    return sorted(
        str(key) for key in st.session_state if str(key).startswith(_PREFIX) and not str(key).endswith("-close")
    )


def _close(key: str) -> None:
    st.session_state.pop(key, None)
