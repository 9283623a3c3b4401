"""Phone numbers, e-mail addresses and Chinese ID numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import ClassVar

from schemas.field_types.base import FieldType, ParseContext, Parsed, problem
from schemas.template import Field

MOBILE_DIGITS, ID_DIGITS = 11, 18
_EMAIL = re.compile(r"[^\s@,;<>()\[\]\"]{1,64}@(?:[\w](?:[\w\-]{0,61}[\w])?\.)+[^\W\d_]{2,24}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SERVICE = re.compile(r"([48]00)([0-9]{3})([0-9]{4})")
_EXTENSION = re.compile(r"(?:转|ext\.?|x|#|分机)([0-9]{1,6})$")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


class Phone(FieldType):
    """A phone number: mobile, landline with area code, 400/800, or abroad with +; e-mail where the field accepts it."""

    name: ClassVar[str] = "phone"
    options = frozenset({"default", "accepts", "unique", "similar"})
    sample: ClassVar[str] = "13912345678"

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        accepts = field.accepts or ("mobile", "landline")
        if _MOBILE.fullmatch(text) and "mobile" in accepts:
            return Parsed(text)
        body = unicodedata.normalize("NFKC", text)
        if "@" in body:
            if "email" not in accepts:
                return self._refused("V057", text, field)
            canonical = read_email(body)
            code = "V060"
        else:
            canonical, code = _read_number(body, accepts)
        if not canonical:
            return self._refused(code, text, field, body)
        return Parsed(canonical, understood=canonical != text)

    def _refused(self, code: str, text: str, field: Field, body: str = "") -> Parsed:
        digits = len(re.sub(r"[^0-9]", "", _without_country(_compact(body))))
        params = {"digits": digits, "missing": MOBILE_DIGITS - digits, "extra": digits - MOBILE_DIGITS}
        example = "li@example.com" if code == "V060" else self.example(field)
        return Parsed(text, (problem(code, field, text, example=example, expected=MOBILE_DIGITS, **params),))


def _compact(text: str) -> str:
    """A number without the spaces, dots and brackets people put in; every kind of dash is "-"."""
    return re.sub(r"[\s.()]", "", re.sub(r"[‐‑‒–—―−－]", "-", text.casefold()))


def _without_country(compact: str) -> str:
    """Without China's country code: +86, 0086, or 86 before a mobile number."""
    bare = re.sub(r"^(?:\+86|0086)-?", "", compact)
    return bare[2:].lstrip("-") if re.fullmatch(r"86-?1[0-9]{10}", bare.replace("-", "")) else bare


def _read_number(text: str, accepts: tuple[str, ...]) -> tuple[str, str]:
    """(canonical, "") or ("", code of the finding)."""
    if re.search(r"[,;、/，；|]|[0-9]\s*(?:或|和)\s*[0-9]", text):
        return "", "V056"
    compact = _without_country(_compact(text))
    if re.search(r"[^0-9+\-转extension.#分机]", compact):
        return "", "V055"
    if abroad := re.fullmatch(r"(?:\+|00)([1-9][0-9-]{5,17})", compact):
        digits = re.sub(r"[^0-9]", "", abroad.group(1))
        return (f"+{digits}", "") if len(digits) <= 15 else ("", "V055")
    digits = compact.replace("-", "")
    if service := _SERVICE.fullmatch(digits):
        return "-".join(service.groups()), ""
    if "landline" in accepts and re.fullmatch(r"1[0-2][0-9]{5,6}|10[0-9]{8}", digits):
        return "", "V053"
    if re.fullmatch(r"1[0-9]{4,}", digits):
        return _read_mobile(digits, accepts)
    return _read_landline(compact, accepts)


def _read_mobile(digits: str, accepts: tuple[str, ...]) -> tuple[str, str]:
    if "mobile" not in accepts:
        return "", "V057"
    if len(digits) != MOBILE_DIGITS:
        return "", "V050" if len(digits) < MOBILE_DIGITS else "V051"
    return (digits, "") if digits[1] in "3456789" else ("", "V052")


def _read_landline(compact: str, accepts: tuple[str, ...]) -> tuple[str, str]:
    """0区号-号码(-分机); area codes 010 and 02x have three digits, all others four."""
    if "landline" not in accepts:
        return "", "V057"
    extension = ""
    if found := _EXTENSION.search(compact):
        extension, compact = found.group(1), compact[: found.start()].rstrip("-")
    if found := re.fullmatch(r"(0[0-9]{2,3}-?[0-9]{7,8})-([0-9]{1,6})", compact):
        compact, extension = found.groups()
    digits = compact.replace("-", "")
    if not re.fullmatch(r"[0-9]+", digits):
        return "", "V055"
    if not digits.startswith("0"):
        return "", "V053" if len(digits) in (7, 8) else "V055"
    area = 3 if digits[1:2] in ("1", "2") else 4
    number = digits[area:]
    if len(number) not in (7, 8):
        return "", "V054"
    return "-".join(filter(None, (digits[:area], number, extension))), ""


def read_email(text: str) -> str:
    """The address with its domain in lower case; "" when it is none."""
    address = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:")
    if len(address) > 254 or ".." in address or not _EMAIL.fullmatch(address):
        return ""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


class Email(FieldType):
    """An e-mail address."""

    name: ClassVar[str] = "email"
    options = frozenset({"default", "unique"})
    sample: ClassVar[str] = "li@example.com"
    width: ClassVar[float] = 26

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        address = read_email(text)
        if not address:
            return Parsed(text, (problem("V060", field, text, example=self.example(field)),))
        return Parsed(address, understood=address != text)


class IdNumber(FieldType):
    """An 18-digit resident identity number: region, birth date, order, check character."""

    name: ClassVar[str] = "id_number"
    options = frozenset({"default", "unique"})
    sample: ClassVar[str] = "11010519491231002X"
    width: ClassVar[float] = 22

    def understand(self, text: str, field: Field, context: ParseContext) -> Parsed:
        number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
        code = _id_problem(number, context.today)
        if code:
            sizes = {"digits": len(number), "expected": ID_DIGITS}
            return Parsed(text, (problem(code, field, text, example=self.example(field), birth=number[6:14], **sizes),))
        return Parsed(number, understood=number != text)


def _id_problem(number: str, today: date) -> str:
    """Code of the first rule an ID number breaks; "" when it breaks none."""
    if not re.fullmatch(r"[0-9X]*", number) or "X" in number[:-1]:
        return "V062"
    if len(number) != ID_DIGITS:
        return "V061"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "V063"
    if not date(1850, 1, 1) <= born <= today:
        return "V063"
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return "" if number[-1] == _ID_CHECKS[total % 11] else "V064"
