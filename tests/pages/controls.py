"""The controls of a page in words, so that a test can state all of them."""

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.running import choices

_KINDS = (
    "button", "checkbox", "date_input", "multiselect", "number_input", "pills", "radio", "segmented_control",
    "select_slider", "selectbox", "slider", "text_area", "text_input", "toggle",
)  # fmt: skip


def controls(at: AppTest) -> dict[str, str]:
    """Return each control with a key by it: label, value, limits, whether it is off, hint."""
    found = {}
    for kind in _KINDS:
        for element in at.get(kind):
            if element.key:
                found[element.key] = " | ".join([f"{kind} {element.label}", *_states(element)])
    for key, drawn in choices(at).items():
        found[key] = f"choice {drawn['label']} | value {drawn['chosen']!r}"
    return found


def _states(element: Any) -> list[str]:
    proto = element.proto
    states = []
    if proto.DESCRIPTOR.name != "Button":
        states.append(f"value {getattr(element, 'value', None)!r}")
    limits = [f"{name} {getattr(proto, name):g}" for name in ("min", "max", "step") if _has(proto, name)]
    states += [" ".join(limits)] if limits else []
    states += [f"at most {proto.max_chars} characters"] if getattr(proto, "max_chars", 0) else []
    states += [f"at most {proto.max_selections} chosen"] if getattr(proto, "max_selections", 0) else []
    states += ["any text"] if getattr(proto, "accept_new_options", False) else []
    states += ["required"] if getattr(proto, "required", False) else []
    states += ["primary"] if getattr(proto, "type", "") == "primary" else []
    states += ["off"] if proto.disabled else []
    states += [f"hint {proto.placeholder!r}"] if getattr(proto, "placeholder", "") else []
    return states


def _has(proto: Any, name: str) -> bool:
    return hasattr(proto, name) and isinstance(getattr(proto, name), int | float)
