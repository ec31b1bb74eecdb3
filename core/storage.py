"""Files that are ciphertext before they touch the disk.

A stored file is a one-line header (format and key version), then chunks of AES-256-GCM: each chunk's number,
whether it is the last, and the file's own random nonce prefix are bound into its nonce, so chunks cannot be
reordered, dropped or swapped.
"""

import io
import os
import struct
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

from core import crypto

CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
PREFIX_BYTES = 7  # with a 4-byte chunk number and a 1-byte end mark: the 12 bytes of a GCM nonce


@deconstructible(path="core.storage.EncryptedStorage")
class EncryptedStorage(FileSystemStorage):
    """Keeps files under settings.DOCUMENTS_DIR, encrypted. There is no address to fetch them from: `url` is refused."""

    def __init__(self) -> None:
        super().__init__(location=settings.DOCUMENTS_DIR)

    def url(self, name: str | None) -> str:
        """Refused: sealed files are shown only by views that check who asks."""
        raise ValueError("sealed files have no address")

    def _save(self, name: str, content: File) -> str:
        return super()._save(name, _Sealed(content))  # type: ignore[misc] # hidden by the stubs

    def _open(self, name: str, mode: str = "rb") -> File:
        with open(self.path(name), "rb") as stored:
            return ContentFile(unseal(stored), name=name)


class _Sealed(File):
    """What is written to the disk instead of a file: piece by piece, so that a large one never stands in memory."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        assert self.file is not None
        yield from seal(self.file)


def seal(content: IO[bytes] | File) -> Iterator[bytes]:
    """The encrypted form of a file, in pieces."""
    version = crypto.active_key_version()
    prefix = os.urandom(PREFIX_BYTES)
    yield f"sealed1:{version}\n".encode() + prefix
    content.seek(0)
    number, chunk = 0, content.read(CHUNK_BYTES)
    while True:
        following = content.read(CHUNK_BYTES)
        yield crypto.cipher(version).encrypt(_nonce(prefix, number, last=not following), chunk, None)
        if not following:
            return
        number, chunk = number + 1, following


def unseal(stored: IO[bytes]) -> bytes:
    """The clear content of a sealed file. Raises ValueError when it was altered, cut short or is not one of ours."""
    mark, _, version = stored.readline().decode(errors="replace").strip().partition(":")
    if mark != "sealed1":
        raise ValueError("not a sealed file")
    prefix = stored.read(PREFIX_BYTES)
    clear = io.BytesIO()
    number, chunk = 0, stored.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = stored.read(CHUNK_BYTES + TAG_BYTES)
        try:
            clear.write(crypto.cipher(version).decrypt(_nonce(prefix, number, last=not following), chunk, None))
        except InvalidTag:
            raise ValueError("a sealed file was altered or cut short") from None
        if not following:
            return clear.getvalue()
        number, chunk = number + 1, following


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)
