"""What a password must be. The rules follow NIST SP 800-63B: length and a list of the usual ones, no recipe."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from schemas.finding import FieldRef, Finding

MIN_CHARACTERS = 8
MAX_BYTES = 72
"""bcrypt reads no further; a Chinese character takes three bytes, so 24 of them fit."""

_USUAL = """
    12345678 123456789 1234567890 0123456789 11111111 111111111 1111111111 00000000 88888888 66666666 99999999
    87654321 987654321 11223344 1122334455 12341234 123123123 123321123 147258369 789456123 31415926 13145200
    5201314520 52013140 201314520 a1234567 a12345678 a123456789 aa123456 aa123123 abc12345 abc123456 abcd1234
    abcd123456 asd12345 asd123456 asdf1234 asdfghjk asdfghjkl q1w2e3r4 q1w2e3r4t5 qazwsxedc qwer1234 qwerasdf
    qwertyui qwertyuiop qwerty123 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc zaq12wsx zxcvbnm1 zxcvbnm123 zxc123456
    password password1 password12 password123 p@ssw0rd p@ssword passw0rd admin123 admin1234 admin888 admin123456
    administrator root1234 root123456 welcome1 welcome123 woaini1314 woaini520 woaini123 iloveyou letmein1 changeme
    changeme1 test1234 test123456 guest123 user1234 huawei123 taobao123 wang1234 zhang123 li123456 portal123
    sunshine princess football baseball superman starwars whatever trustno1 monkey123 dragon123 master123
    """
COMMON = frozenset(_USUAL.split())


def find_password_problems(password: str, login: str) -> tuple[Finding, ...]:
    """Why this password is not taken for this login: A010 short, A011 long, A012 the login, A013 common,
    A017 characters that cannot be hashed."""
    at = FieldRef("password")
    return tuple(Finding(code, at=at, params=params) for code, params in _problems(password, login))


def _problems(password: str, login: str) -> Iterator[tuple[str, dict[str, int]]]:
    if len(password) < MIN_CHARACTERS:
        yield "A010", {"characters": len(password), "min": MIN_CHARACTERS}
    if len(password.encode("utf-8", errors="surrogatepass")) > MAX_BYTES:
        yield "A011", {"bytes": len(password.encode("utf-8", errors="surrogatepass")), "max": MAX_BYTES}
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in password):
        yield "A017", {}
    folded = password.casefold()
    if login and folded == login.casefold():
        yield "A012", {}
    elif folded in COMMON or len(set(folded)) == 1:
        yield "A013", {}
