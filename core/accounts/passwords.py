"""Rules for the passwords of accounts: length and a list of common ones, no rules of composition.

NIST SP 800-63B, section 3.1.1.2: what makes a password hard to guess is its length; rules of composition make people
choose predictable ones. It asks to refuse common passwords and words of the context, and to normalize Unicode.
"""

import unicodedata

from core.errors import InvalidInputError

MIN_CHARS = 10
MAX_CHARS = 1000

# Of the passwords of at least ten characters that lists of leaked ones have at the top, by their beginning or pattern.
_COMMON_TEXT = """
0123456789 1234567890 12345678910 123456789a 123456789q 987654321a 9876543210 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
qwertyuiop qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 asdfghjkl1 zxcvbnm123 azertyuiop passwort123 password12
password123 password1234 password12345 passw0rd123 p@ssword123 p@ssw0rd123 mypassword mypassword1 changeme123
letmein123 letmein1234 welcome123 welcome1234 iloveyou12 iloveyou123 ilovethisgame administrator admin12345
admin123456 adminadmin rootrootroot testtesttest test123456 guestguest liverpool1 manchester basketball football123
baseball123 sunshine123 princess123 superman123 spiderman1 trustno1trustno1 abcdefghij abcdefghijk abc1234567
abcd123456 a123456789 aa12345678 aaa1234567 correcthorsebatterystaple vitrine123 vitrine1234 vitrinevitrine monkey1234
dragon1234 master1234 shadow1234 whatever123 starwars123
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def normalized(password: str) -> str:
    """Return the form that is hashed: the same for different encodings of the same characters."""
    return unicodedata.normalize("NFKC", password)


def check_new_password(password: str, account_name: str = "") -> None:
    """Check a password that a person chooses.

    Raises:
        InvalidInputError: it is too short, too long, common, one character repeated, or the name of the account,
            also more than once.
    """
    chosen = normalized(password)
    if not MIN_CHARS <= len(chosen) <= MAX_CHARS:
        raise InvalidInputError(f"Choose a password of {MIN_CHARS} to {MAX_CHARS} characters.", field="password")
    plain = chosen.casefold()
    is_repeated = len(set(plain)) <= 2
    name = account_name.casefold()
    is_name = bool(name) and name in plain and not plain.replace(name, "").strip("0123456789!. _-")
    if plain in _COMMON or is_repeated or is_name:
        raise InvalidInputError(
            "This password is one of the first that anybody would guess. Choose another one; several words are good.",
            field="password",
        )
