"""Reads the text of a picture or a PDF. Runs in a worker, never in the web process; nothing of it is kept here."""

import functools
import io
import itertools
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

LONGEST_SIDE = 2000
MOST_PAGES = 3
# Below this the engine itself is unsure; a doubtful word must not count against anybody.
SURE = 0.9


@dataclass(frozen=True)
class Box:
    """Where a line stands in its picture, in pixels from the upper left."""

    left: float = 0
    top: float = 0
    right: float = 0
    bottom: float = 0

    @property
    def middle(self) -> float:
        """Half-way down."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Line:
    """One line of text in a picture, how sure the engine is of it (0 to 1), and where it stands."""

    text: str
    confidence: float
    box: Box = Box()


def read_lines(content: bytes) -> list[Line]:
    """The lines of text in a picture (JPEG or PNG)."""
    with Image.open(io.BytesIO(content)) as picture:
        return _lines_in(ImageOps.exif_transpose(picture).convert("RGB"))


def read_pdf(content: bytes) -> list[list[Line]]:
    """The lines of text in each of the first pages of a PDF, which are drawn and read as pictures; none if it cannot be
    opened."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(content) as document:
            return [_lines_in(_drawn(page)) for page in itertools.islice(document, MOST_PAGES)]
    except pypdfium2.PdfiumError:
        return []


def _drawn(page: Any) -> Image.Image:
    picture: Image.Image = page.render(scale=LONGEST_SIDE / max(page.get_size())).to_pil().convert("RGB")
    return picture


def _lines_in(picture: Image.Image) -> list[Line]:
    import numpy

    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    found = _engine()(numpy.asarray(picture)[:, :, ::-1])
    if not found.txts:
        return []
    read = zip(found.txts, found.scores, found.boxes, strict=True)
    return [Line(text, float(score), _box(corners)) for text, score, corners in read]


def _box(corners: Any) -> Box:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


@functools.cache
def _engine() -> Any:
    """The OCR engine: 281 MB, so loaded only in the process that reads, and once."""
    from rapidocr import RapidOCR

    threads = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params={"Global.log_level": "error", **threads})
