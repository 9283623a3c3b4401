"""Folding: what counts as the same text for search, uniqueness and the warning about similar records."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\\s\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
"""Spaces and format characters (Unicode category Cf)."""
_PUNCTUATION = re.compile(r"[()（）\[\]【】·.,，。、&'’\"“”\-_/]")
_PROVINCES = (
    "内蒙古|黑龙江|北京|天津|上海|重庆|河北|山西|辽宁|吉林|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|"
    "四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾"
)
_CITIES = (
    "广州|深圳|杭州|南京|苏州|宁波|无锡|成都|武汉|西安|长沙|郑州|青岛|济南|大连|沈阳|厦门|福州|合肥|南昌|昆明|贵阳|南宁|"
    "海口|太原|石家庄|长春|哈尔滨|兰州|西宁|银川|乌鲁木齐|拉萨|呼和浩特|东莞|佛山|珠海|中山|惠州|温州|常州|南通|徐州|"
    "嘉兴|绍兴|金华|台州|泉州|烟台|潍坊|洛阳"
)
_REGION = re.compile(
    rf"^(?:中国)?(?:(?:{_PROVINCES})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|特别行政区)?)?"
    rf"(?:(?:{_CITIES})市?|[^市区县公司]{{2,3}}市)?(?:[^市区县公司]{{1,3}}[区县](?=.{{2}}))?"
)
_REGION_IN_BRACKETS = re.compile(rf"\((?:中国|(?:{_PROVINCES}|{_CITIES})(?:省|市)?)\)")
_BRANCH = re.compile(rf"(?:(?:{_PROVINCES}|{_CITIES})(?:省|市)?)?(?:第[一二三四五六七八九十]+)?分公司$")
_FORM = re.compile(
    r"(?:集团)?(?:股份有限公司|有限责任公司|有限公司|总公司|公司)$|(?:集团|控股集团)$"
    r"|(?:coltd|companylimited|limitedcompany|limited|ltd|incorporated|inc|llc|corporation|corp|company|group)$"
)
_MOBILE_PREFIX = re.compile(r"^(?:\+86|0086)")


def fold(text: str) -> str:
    """Text reduced to what makes it different: full and half width, case and any spaces do not count."""
    folded = _folded_once(text)
    while not unicodedata.is_normalized("NFKC", folded):  # an accent that stood alone may now have a letter before it
        folded = _folded_once(folded)
    return folded


def _folded_once(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())


def fold_company(name: str) -> str:
    """A company's name without its region in front and its legal form behind.

    "北京市科技（中国）有限公司" and "科技有限公司" fold alike. Never folds a name to nothing: where too little
    would be left, the part is kept.
    """
    folded = _PUNCTUATION.sub("", _REGION_IN_BRACKETS.sub("", fold(name)))
    for suffix in (_BRANCH, _FORM, _FORM):
        folded = _without(folded, suffix, least=1)
    return _without(folded, _REGION, least=2)


def fold_phone(text: str) -> str:
    """A phone number's digits without country code 86 and extension; an e-mail address is folded as text."""
    folded = fold(text)
    if "@" in folded:
        return folded
    number = re.split(r"转|ext|#", folded)[0]
    if re.fullmatch(r"0\d{2,3}-\d{7,8}-\d{1,6}", number):
        number = number.rsplit("-", 1)[0]
    return re.sub(r"\D", "", _MOBILE_PREFIX.sub("", number))


def _without(text: str, part: re.Pattern[str], *, least: int) -> str:
    shorter = part.sub("", text, count=1)
    return shorter if len(shorter) >= least else text
