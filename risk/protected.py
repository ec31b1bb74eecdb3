"""Attributes that may not decide about a loan, known by the names that columns and features bear. Pure.

Civil Code art. 1041 and PIPL art. 24 and 28 forbid unreasonable differences by such attributes; the list follows what
lenders' regulators elsewhere name too (ECOA, 15 U.S.C. 1691).
"""

import re

_WORDS = frozenset(
    {
        *("sex", "gender", "male", "female", "age", "ages", "dob", "birth", "birthday", "birthdate", "birthplace"),
        *("marital", "marriage", "married", "divorced", "race", "racial", "ethnic", "ethnicity", "nation"),
        *("nationality", "citizenship", "foreign", "immigrant", "religion", "religious", "faith", "disability"),
        *("disabled", "pregnant", "pregnancy", "orientation", "region", "hukou"),
    }
)
_CHINESE = (
    *("性别", "年龄", "岁数", "出生", "生日", "婚姻", "婚否", "已婚", "民族", "种族", "国籍", "籍贯", "户籍", "户口"),
    *("宗教", "信仰", "残疾", "怀孕", "孕", "生育", "地区", "健康"),
)
# The age of a thing is not the age of a person.
_THINGS = frozenset(
    {
        *("account", "acct", "loan", "credit", "card", "file", "history", "line", "oldest", "newest", "vehicle", "car"),
        *("house", "home", "building", "device", "address", "company", "business", "firm", "employer", "phone"),
    }
)


def is_protected(name: str) -> bool:
    """Whether a column or feature of this name tells a protected attribute, e.g. `personal_status_sex` or 年龄."""
    words = set(_words(name))
    found = words & _WORDS
    if found <= {"age", "ages"} and words & _THINGS:
        found = set()
    return bool(found) or any(word in name for word in _CHINESE)


def _words(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[^a-z]+", apart.lower()) if word]
