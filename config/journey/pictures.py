"""The papers that an invented person uploads: a picture of an ID card, and a proof of income."""

import io

from PIL import Image, ImageDraw, ImageFont

from config.journey.people import Person

PAPER, INK = (238, 243, 247), (30, 40, 60)


def id_card(person: Person) -> bytes:
    """A JPEG with the ID number printed as on a card. Pillow's own font has no Chinese, so the name is left out."""
    picture = Image.new("RGB", (1000, 630), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 979, 609), outline=INK, width=4)
    draw.rectangle((680, 120, 920, 430), fill=(205, 214, 222))
    draw.text((60, 60), "SPECIMEN - NOT A REAL CARD", font=ImageFont.load_default(34), fill=INK)
    draw.text((60, 510), person.id_number, font=ImageFont.load_default(64), fill=INK)
    return _jpeg(picture)


def income_proof(monthly_income: int) -> bytes:
    """A JPEG of a payslip over `monthly_income` yuan."""
    picture = Image.new("RGB", (800, 1000), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((60, 80), "PAYSLIP (specimen)", font=ImageFont.load_default(40), fill=INK)
    draw.text((60, 180), f"Net pay this month: {monthly_income}.00", font=ImageFont.load_default(32), fill=INK)
    return _jpeg(picture)


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()
