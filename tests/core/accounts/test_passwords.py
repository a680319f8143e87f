import pytest

from core.accounts.passwords import check_new_password
from core.errors import InvalidInputError


@pytest.mark.parametrize(
    "password", ["nine green bottles", "aX3$kk90!t", "ein Satz mit \u00fc", "12 red 34 blue", "x y" * 333]
)
def test_a_long_password_needs_no_digits_or_signs(password: str) -> None:
    check_new_password(password, "Ana")


@pytest.mark.parametrize(
    "password",
    ["", "aB3$kk90!", "x y" * 334, "1234567890", "Password123", "QWERTYUIOP", "aaaaaaaaaaaa", "ababababab"],
)
def test_a_short_or_common_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        check_new_password(password, "Ana")
    assert raised.value.field == "password"


@pytest.mark.parametrize(
    "password", ["Annabella Lima", "annabella lima1", "ANNABELLA LIMA2026!", "annabella lima annabella lima"]
)
def test_the_name_of_the_account_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInputError):
        check_new_password(password, "Annabella Lima")
