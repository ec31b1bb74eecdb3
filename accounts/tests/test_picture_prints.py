"""Pictures known again: the same however it was saved, none for another, nothing of the picture in the print."""

import random
from itertools import combinations

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from accounts import devices, documents, picture_prints
from accounts.models import PicturePrint
from accounts.tests import factories, photographs

CHANCE = random.Random(20261124)
CARDS = [photographs.card(CHANCE) for _ in range(40)]


def coarser(picture):
    return photographs.jpeg(picture, quality=40)


def brighter(picture):
    return photographs.jpeg(ImageEnhance.Brightness(picture).enhance(1.2))


def number_painted_over(picture):
    other = picture.copy()
    ImageDraw.Draw(other).rectangle((70, 60, 165, 75), fill=(215, 225, 232))
    return photographs.jpeg(other)


@pytest.mark.parametrize("change", [coarser, brighter, number_painted_over])
def test_the_same_picture_is_near_however_it_was_saved(change):
    for card in CARDS[:10]:
        apart = picture_prints.distance(bands(photographs.jpeg(card)), bands(change(card)))
        assert apart <= picture_prints.NEAR


def test_different_pictures_are_far_apart():
    prints = [bands(photographs.jpeg(card)) for card in CARDS]
    assert min(picture_prints.distance(*pair) for pair in combinations(prints, 2)) > 2 * picture_prints.NEAR


def bands(content):
    found = picture_prints.bands_of(content)
    assert found is not None
    return found


def test_text_on_white_has_no_print():
    assert picture_prints.bands_of(factories.picture("ID CARD", "11010119900307851X")) is None


def test_a_picture_lying_on_its_side_is_turned_by_what_the_camera_says(tmp_path):
    card, lying = CARDS[0], tmp_path / "lying.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right to look at it
    card.rotate(90, expand=True).save(lying, "JPEG", quality=90, exif=exif)
    assert picture_prints.distance(bands(photographs.jpeg(card)), bands(lying.read_bytes())) <= picture_prints.NEAR


def test_the_print_depends_on_the_key(settings):
    before = bands(photographs.jpeg(CARDS[0]))
    settings.BLIND_INDEX_KEY = b"another key" * 3
    picture_prints._secret_order.cache_clear()
    try:
        after = bands(photographs.jpeg(CARDS[0]))
    finally:
        picture_prints._secret_order.cache_clear()
    assert picture_prints.distance(before, after) > 2 * picture_prints.NEAR


@pytest.mark.django_db
def test_one_picture_of_two_customers_is_one_trace(sandbox):
    customers = [factories.consenting_customer() for _ in range(3)]
    files = [photographs.jpeg(CARDS[0]), coarser(CARDS[0]), photographs.jpeg(CARDS[1])]
    for customer, content in zip(customers, files, strict=True):
        documents.store(customer=customer, kind="id_card", upload=factories.upload(content))
    one, same, other = (devices.footprint(customer).pictures for customer in customers)
    assert one == same != other
    assert len(one) == len(other) == 1
    assert PicturePrint.objects.count() == 3
