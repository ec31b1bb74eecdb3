"""A proof of income that nobody has, drawn in Chinese as employers write them: a slip, a table, a certificate."""

import shutil
import subprocess

from PIL import Image, ImageDraw, ImageFont

SIZE, FONT_SIZE, ROW = (1000, 560), 32, 90
# Each with another month's income: 11,000, 12,000 and 12,500 yuan.
SLIP = {0: {60: "工资条 2026年10月"}, 1: {60: "应发工资", 300: "15,000.00", 540: "实发工资", 780: "11,000.00"}}
TABLE = {
    2: {60: "姓名", 240: "应发工资", 480: "扣款", 700: "实发工资"},
    3: {60: "林晓月", 240: "15,000.00", 480: "3,000.00", 700: "12,000.00"},
}
CERTIFICATE = {
    4: {60: "兹证明林晓月系我单位职工，年收入为人民币180000元，"},
    5: {60: "税后月均收入为人民币12500.00元（大写：壹万贰仟伍佰元整）。"},
}


def chinese_font() -> str:
    """The file of a font that has Chinese; "" where the machine has none."""
    if not shutil.which("fc-list"):
        return ""
    found = subprocess.run(["fc-list", ":lang=zh", "file"], capture_output=True, text=True).stdout
    return found.partition(":")[0].strip()


def drawn(font: str) -> Image.Image:
    """All three on one page, one below the other."""
    page, face = Image.new("RGB", SIZE, "white"), ImageFont.truetype(font, FONT_SIZE)
    for row, texts in {**SLIP, **TABLE, **CERTIFICATE}.items():
        for left, text in texts.items():
            ImageDraw.Draw(page).text((left, 20 + ROW * row), text, font=face, fill="black")
    return page
