"""Photographs of cards that nobody has, drawn at random: each on a table, a little turned, with a face of blotches."""

import io
import random

from PIL import Image, ImageDraw

SIZE, CARD = (320, 210), (240, 150)
TABLE, FACE = (24, 16), (6, 8)


def card(chance: random.Random) -> Image.Image:
    """One photograph; each call another person's, on another table."""
    picture = _blotches(chance, TABLE, 60, 200).resize(SIZE, Image.Resampling.BICUBIC)
    paper = Image.new("RGB", CARD, (215, 225, 232))
    draw = ImageDraw.Draw(paper)
    for row in range(5):
        draw.text((15, 15 + 20 * row), f"{chance.randrange(10**17):017d}", fill=(20, 20, 30))
    paper.paste(_blotches(chance, FACE, 40, 230).resize((65, 85), Image.Resampling.BICUBIC), (160, 25))
    turned = paper.rotate(chance.uniform(-6, 6), expand=True, fillcolor=(120, 120, 120))
    picture.paste(turned, (chance.randrange(10, 60), chance.randrange(5, 40)))
    return picture


def jpeg(picture: Image.Image, *, quality: int = 90) -> bytes:
    """As a file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def saved_anew(picture: Image.Image, chance: random.Random) -> bytes:
    """The same picture as somebody passes it on: smaller, and in a coarser file."""
    share = chance.uniform(0.4, 0.9)
    smaller = picture.resize((round(picture.width * share), round(picture.height * share)))
    return jpeg(smaller, quality=chance.randrange(40, 90))


def _blotches(chance: random.Random, size: tuple[int, int], darkest: int, lightest: int) -> Image.Image:
    width, height = size
    return Image.frombytes("RGB", size, bytes(chance.randrange(darkest, lightest) for _ in range(3 * width * height)))
