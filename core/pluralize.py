"""Numbers as people write them."""


def pluralize(number: int, one: str, many: str = "") -> str:
    """Return *number* with its noun: "1 image", "2,400 entries"; *many* where it is not made by the noun's end."""
    if number == 1:
        return f"1 {one}"
    return f"{number:,} {many or (one[:-1] + 'ies' if one.endswith('y') else one + 's')}"
