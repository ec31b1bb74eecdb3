"""The print of a picture: by it the same picture is known again, though it was saved anew, resized or brightened.

A difference hash (each bit: is this patch darker than the one to its right?) whose bits stand in a secret order, some
turned around: the distance between two prints is that of the pictures, but a print shows nothing of its picture.
"""

import functools
import io

from PIL import Image, ImageOps

from accounts.models import Document, PicturePrint
from accounts.turns import wait_turn
from core.crypto import blind_index
from core.transactions import require_transaction

SIDE = 16
BITS = SIDE * SIDE
BANDS, BAND_BITS = 16, BITS // 16
# Prints this near are of one picture. Any two of them have a band in common, so that an index finds them.
NEAR = BANDS - 1
# A step between patches that is smaller than this (of 256 greys) says nothing; a print needs this share of real steps.
LEAST_STEP, LEAST_DETAIL = 2, 0.5


def remember(document: Document, content: bytes) -> None:
    """Keep the print of a stored picture, with the likeness that it shares with all pictures that are the same.

    Part of the caller's transaction. A picture with too little in it to be known again, such as text on white, has no
    print.
    """
    require_transaction("remembering a picture")
    bands = bands_of(content)
    if bands is None:
        return
    wait_turn("picture prints")  # two of the same at the same time must find each other
    likeness = _known(bands) or blind_index("picture", document.serial)
    PicturePrint.objects.create(document=document, bands=bands, likeness=likeness)


def bands_of(content: bytes) -> list[int] | None:
    """The print of a JPEG or PNG picture as numbered bands of bits; None when there is too little detail."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.draft("L", (8 * SIDE, 8 * SIDE))
        upright = ImageOps.exif_transpose(picture).convert("L")
    greys = upright.resize((SIDE + 1, SIDE), Image.Resampling.BOX).tobytes()
    steps = [greys[place + 1] - greys[place] for place in range(len(greys) - 1) if place % (SIDE + 1) < SIDE]
    if sum(abs(step) >= LEAST_STEP for step in steps) < LEAST_DETAIL * BITS:
        return None
    bits = [(steps[place] > 0) ^ turned for place, turned in _secret_order()]
    return [(band << BAND_BITS) + _number(bits[band * BAND_BITS :][:BAND_BITS]) for band in range(BANDS)]


def distance(one: list[int], other: list[int]) -> int:
    """In how many of the BITS two prints differ."""
    return sum((mine ^ theirs).bit_count() for mine, theirs in zip(one, other, strict=True))


def _known(bands: list[int]) -> str:
    """The likeness of the nearest picture that is near enough, or nothing."""
    alike = PicturePrint.objects.filter(bands__overlap=bands).values_list("bands", "likeness")
    near = [(apart, likeness) for known, likeness in alike if (apart := distance(bands, known)) <= NEAR]
    return min(near, default=(0, ""))[1]


def _number(bits: list[bool]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


@functools.cache
def _secret_order() -> list[tuple[int, bool]]:
    """Which step each bit is of, and whether it is turned around: by the key of the blind indexes."""
    keyed = [(blind_index("picture", f"bit {place}"), place) for place in range(BITS)]
    return [(place, int(key[-1], 16) % 2 == 1) for key, place in sorted(keyed)]
