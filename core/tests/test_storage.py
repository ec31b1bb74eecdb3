import io

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from core.storage import CHUNK_BYTES, EncryptedStorage, seal, unseal

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]


def sealed(clear: bytes) -> bytes:
    return b"".join(seal(io.BytesIO(clear)))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_comes_back(size):
    clear = bytes(range(256)) * (size // 256 + 1)
    assert unseal(io.BytesIO(sealed(clear[:size]))) == clear[:size]


@given(st.integers(0, 2**20))
def test_any_altered_byte_is_noticed(position):
    whole = bytearray(sealed(b"x" * 1000))
    header = whole.index(b"\n") + 1
    at = header + position % (len(whole) - header)
    whole[at] ^= 1
    with pytest.raises(ValueError, match="altered"):
        unseal(io.BytesIO(bytes(whole)))


def test_a_file_cut_at_a_chunk_is_noticed():
    whole = sealed(b"x" * (2 * CHUNK_BYTES))
    with pytest.raises(ValueError, match="cut short"):
        unseal(io.BytesIO(whole[: -(CHUNK_BYTES + 16)]))


def test_the_disk_holds_only_ciphertext(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path
    storage = EncryptedStorage()
    name = storage.save("card.jpg", ContentFile(b"a picture of a card"))
    assert b"picture" not in (tmp_path / name).read_bytes()
    assert storage.open(name).read() == b"a picture of a card"
    with pytest.raises(ValueError):
        storage.url(name)
