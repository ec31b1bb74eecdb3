"""What an uploaded file really is, judged by its content, never by its name or the type claimed."""

import io
import warnings

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from accounts.models import Document
from core.problems import Problem
from core.uploads import MAX_UPLOAD_BYTES

JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
ALLOWED = {
    Document.Kind.ID_CARD: {JPEG, PNG},
    Document.Kind.INCOME_PROOF: {JPEG, PNG, PDF},
}
MAX_PIXELS = 60_000_000  # above any phone's camera; a file that unpacks to more is an attack


def content_type_of(content: bytes, kind: Document.Kind) -> str:
    """The media type of `content`, if a document of `kind` may be that.

    Raises Problem: document_empty, document_too_large (413), document_type (415), document_damaged.
    """
    if not content:
        raise Problem("document_empty", _("This file is empty. Choose another."), field="file")
    if len(content) > MAX_UPLOAD_BYTES:
        message = _("This file is larger than 10 MB. Choose a smaller one.")
        raise Problem("document_too_large", message, field="file", status=413)
    found = _sniff(content)
    if found not in ALLOWED[kind]:
        raise _wrong_type(kind)
    intact = _is_whole_pdf(content) if found == PDF else _is_whole_picture(content, found)
    if not intact:
        raise Problem("document_damaged", _("This file is damaged and cannot be opened. Choose another."), field="file")
    return found


def _sniff(content: bytes) -> str:
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"%PDF-"):
        return PDF
    return ""


def _is_whole_pdf(content: bytes) -> bool:
    return b"%%EOF" in content[-2048:]


def _is_whole_picture(content: bytes, found: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
                if picture.width * picture.height > MAX_PIXELS or Image.MIME[picture.format or ""] != found:
                    return False
                picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError, EOFError):
        return False
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False
    return True


def _wrong_type(kind: Document.Kind) -> Problem:
    if PDF in ALLOWED[kind]:
        message = _("This is not a JPEG or PNG picture or a PDF. Choose another file.")
    else:
        message = _("This is not a JPEG or PNG picture. Choose another file.")
    return Problem("document_type", message, field="file", status=415)
