import math

import pytest

from core.number_values import _is_same_thing, number_key, numbers_in, stated_number, states
from core.verifiers import check, verifier_of


@pytest.mark.parametrize(
    ("text", "language", "value", "unit"),
    [
        ("3,5", "", 3.5, ""), ("3.5", "de", 3.5, ""), (".5", "", 0.5, ""), ("0,125", "en", 0.125, ""),
        ("\u22125", "", -5, ""),
        # A mark before three digits groups them, or stands before decimals, as the language does it.
        ("1,234", "", 1234, ""), ("1,234", "en", 1234, ""), ("1,234", "zh-CN", 1234, ""), ("1,234", "de", 1.234, ""),
        ("1,234", "tr", 1.234, ""), ("1.234", "", 1.234, ""), ("1.234", "zh-CN", 1.234, ""), ("1.234", "de", 1234, ""),
        ("1.234", "tr", 1234, ""), ("1.234,5", "", 1234.5, ""), ("1,234.5", "de", 1234.5, ""),
        ("1.234.567", "en", 1234567, ""), ("1'234", "de", 1234, ""), ("1\u202f234", "", 1234, ""),
        ("\uff12", "zh-CN", 2, ""),
        # Signs and words of money and measures.
        ("$5", "", 5, "$"), ("-$5", "", -5, "$"), ("5 dollars", "", 5, "$"), ("5 %", "", 5, "%"), ("5%", "", 5, "%"),
        ("%5", "tr", 5, "%"), ("yüzde 5", "tr", 5, "%"), ("5 Prozent", "de", 5, "%"), ("百分之5", "zh-CN", 5, "%"),
        ("5 TL", "tr", 5, "₺"), ("5元", "zh-CN", 5, "¥"), ("5cm", "", 5, "cm"), ("3,50 €", "de", 3.5, "€"),
        ("8/10", "", 0.8, ""), ("4/5", "de", 0.8, ""),
        # Words, and what is counted.
        ("Three.", "", 3, ""), ("drei", "de", 3, ""), ("Sıfır", "tr", 0, ""), ("on iki", "tr", 12, ""),
        ("十二", "zh-CN", 12, ""), ("两只狗", "zh-CN", 2, "狗"), ("3个", "zh-CN", 3, ""), ("3 dogs", "", 3, "dog"),
        ("three dogs", "", 3, "dog"), ("üç köpek", "tr", 3, "köpek"), ("drei rote Hunde", "de", 3, "rote hunde"),
        ("eine", "de", 1, ""), ("bir", "tr", 1, ""),
    ],
)  # fmt: skip
def test_a_number_is_read_by_value(text: str, language: str, value: float, unit: str) -> None:
    found = stated_number(text, language)

    assert found is not None
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("007", ""), ("10:30", ""), ("3-5", ""), ("8/10/2024", ""), ("3/0", ""), ("1.2.3", ""), ("12.34,5", ""),
        ("1 234", ""), ("5k", ""), ("5G", ""), ("3rd", ""), ("1. Dog", ""), ("five million", ""), ("twenty-five", ""),
        ("one way", ""), ("ein Hund", "de"), ("bir köpek", "tr"), ("一只狗", "zh-CN"), ("三角形", "zh-CN"),
        ("二十五", "zh-CN"), ("drei", ""), ("none", ""), ("", ""), ("four big red fast cars", ""),
    ],
)  # fmt: skip
def test_what_is_no_single_number_stays_text(text: str, language: str) -> None:
    assert stated_number(text, language) is None


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("There are three cups.", "en", [3]), ("Ein Bild mit drei Hunden", "de", [3]), ("Ein Hund.", "de", [1]),
        ("Keine.", "de", [0]), ("Resimde iki köpek var", "tr", [2]), ("bir köpek", "tr", [1]),
        ("图中有三只狗。", "zh", [3]), ("有一只狗", "zh", [1]), ("一共有3只狗", "zh", [3]),
        ("8 out of 10", "en", [0.8]), ("3 or 4", "en", [3, 4]),
        ("There is no one.", "en", []), ("It costs 1.234,50 €.", "de", [1234.5]),
    ],
)  # fmt: skip
def test_the_numbers_of_a_sentence_are_found(text: str, language: str, expected: list[float]) -> None:
    assert [one.value for one in numbers_in(text, language)] == pytest.approx(expected)


def test_a_number_in_words_that_are_not_known_is_unreadable() -> None:
    assert all(math.isnan(numbers_in(text, "tr")[0].value) for text in ("yirmi beş", "5k", "1.2.3"))


@pytest.mark.parametrize(
    ("stored", "response", "language", "is_right"),
    [
        ("3,5", "3.5", "", True), ("3,5", "35", "", False), ("$5", "5 $", "", True), ("$5", "5 €", "", False),
        ("$5", "The price is 5 and fair.", "", True), ("5 %", "5%", "", True), ("5 %", "%5", "tr", True),
        ("8/10", "0.8", "", True), ("8/10", "8", "", False), ("2/3", "0.67", "", True),
        ("1.234,5", "1234,5", "de", True), ("1.234", "1234", "de", True), ("1.234", "1234", "en", False),
        ("3 dogs", "Three.", "", True),
        ("3 dogs", "There are 3 big dogs.", "", True), ("3 dogs", "3 cats", "", False), ("3 dogs", "4 dogs", "", False),
        ("drei Hunde", "Es gibt 3 Hunde und eine Katze.", "de", True), ("3 Hunde", "mit drei Hunden", "de", True),
        ("三只狗", "图中有3只狗", "zh-CN", True), ("三只狗", "3只猫", "zh-CN", False), ("üç köpek", "3", "tr", True),
        ("drei", "Vier.", "de", False),
    ],
)  # fmt: skip
def test_checkers_compare_numbers_by_value(stored: str, response: str, language: str, is_right: bool) -> None:
    verifier = verifier_of(stored, "text", "", language)

    assert verifier is not None
    assert verifier.checker == "number"
    assert check(*verifier, response) is is_right


def test_equal_numbers_have_one_key() -> None:
    assert number_key("5 %") == number_key("5%") == "5 %"
    assert number_key("three dogs") == number_key("3 dogs")
    assert number_key("3,5") != number_key("35")
    assert number_key("many") is None


def test_a_text_with_two_numbers_states_none_of_them() -> None:
    three = stated_number("3")

    assert three is not None
    assert states("3, yes, 3", three)
    assert not states("3 or 4", three)


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("3", 0.0), ("3.5", 0.05), ("3.25", 0.005), ("1,234", 0.0), ("0.125", 0.0005), ("4/5", 0.0), ("3/8", 0.005),
        ("2/3", 0.005), ("1/125", 0.004), ("three", 0.0),
    ],
)  # fmt: skip
def test_a_number_leaves_open_half_of_its_last_decimal(text: str, tolerance: float) -> None:
    found = stated_number(text)

    assert found is not None
    assert found.tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("hund", "hunden", True), ("hun", "hunden", True), ("hu", "hund", False), ("hund", "hundehaus", False),
        ("dog", "dogies", True), ("dog", "dogmatic", False), ("dog", "dog", True), ("ab", "ab", True),
        ("狗", "大狗", True), ("大狗", "狗", False),
    ],
)  # fmt: skip
def test_a_thing_is_the_same_in_another_ending(one: str, other: str, is_same: bool) -> None:
    assert _is_same_thing(one, other) is is_same


@pytest.mark.parametrize(
    ("text", "unit"), [("3 cups", "cup"), ("3 gas", "gas"), ("3 glass", "glass"), ("3 cats", "cat"), ("3 bus", "bus")]
)
def test_a_unit_is_its_word_in_the_singular(text: str, unit: str) -> None:
    found = stated_number(text)

    assert found is not None
    assert (found.unit, found.counts_things) == (unit, True)


@pytest.mark.parametrize(
    ("text", "tolerance", "is_stated"),
    [("3.1", 0.1, True), ("3.2", 0.1, False), ("2.9", 0.1, True), ("3.0000000001", 0.0, True), ("3.001", 0.0, False)],
)
def test_a_number_is_stated_within_the_tolerance(text: str, tolerance: float, is_stated: bool) -> None:
    three = stated_number("3")

    assert three is not None
    assert states(text, three, "", tolerance) is is_stated


def test_the_longest_word_of_a_number_counts_and_a_number_before_k_is_unreadable() -> None:
    assert [one.value for one in numbers_in("sixteen or seventeen or six", "en")] == [16, 17, 6]
    assert [one.value for one in numbers_in("on iki", "tr")] == [12]
    assert math.isnan(numbers_in("about 5k people", "en")[0].value)
