"""Merkle trees as RFC 6962 (section 2.1) defines them, with SHA-256. Knows neither Django nor the ledger.

A leaf is hashed behind 0x00, an inner node behind 0x01, so that none can be passed off as the other. A tree of n leaves
splits at the largest power of two below n.
"""

import hashlib
from collections.abc import Sequence

LEAF, NODE = b"\x00", b"\x01"


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf."""
    return hashlib.sha256(LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(NODE + left + right).digest()


class Tree:
    """A root that grows leaf by leaf. It keeps the peaks only: 32 bytes for each binary digit of the leaves' number."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        size, peak = self.size, leaf
        while size & 1:
            peak = node_hash(self._peaks.pop(), peak)
            size >>= 1
        self._peaks.append(peak)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over the leaves so far. That of no leaves is the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        *others, root = self._peaks
        for peak in reversed(others):
            root = node_hash(peak, root)
        return root


def audit_path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The hashes that lead from leaf `place` (from 0 on) to the root over the hashes `leaves`, the lowest first.

    Raises IndexError when there is no such leaf.
    """
    if not 0 <= place < len(leaves):
        raise IndexError(f"there is no leaf {place} among {len(leaves)}")
    path = []
    level = list(leaves)
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):  # the last node of an odd level moves up as it is
            path.append(level[beside])
        level = _level_above(level)
        place //= 2
    return path


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
    return pairs + level[len(pairs) * 2 :]
