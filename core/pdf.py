"""Papers as PDF: a title, sentences and tables, in Chinese and English, without any program beside Python.

The Chinese letters are those that every PDF reader brings along (Adobe's Asian font packs), so no font is needed here.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FONT = "STSong-Light"
MARGIN = 18 * mm
PADDING = 6  # points, of the frame in which reportlab sets a page
TEXT = ParagraphStyle("text", fontName=FONT, fontSize=10, leading=15, wordWrap="CJK")
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8.5, leading=12)
HEADING = ParagraphStyle("heading", parent=TEXT, fontSize=12, leading=18, spaceBefore=6 * mm, spaceAfter=2 * mm)
TITLE = ParagraphStyle("title", parent=TEXT, fontSize=16, leading=24, spaceAfter=4 * mm)
LINES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.lightgrey),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
)


@dataclass(frozen=True)
class PaperTable:
    """A titled table; without `columns` it has no head."""

    title: str
    rows: Sequence[Sequence[object]]
    columns: Sequence[object] = ()


def paper(title: str, sentences: Sequence[str], tables: Sequence[PaperTable]) -> bytes:
    """The bytes of a PDF on A4. The same content gives the same bytes."""
    registerFont(UnicodeCIDFont(FONT))
    out = io.BytesIO()
    sides = {"leftMargin": MARGIN, "rightMargin": MARGIN, "topMargin": MARGIN, "bottomMargin": MARGIN}
    document = SimpleDocTemplate(out, pagesize=A4, title=title, invariant=True, **sides)
    story: list[Flowable] = [_words(title, TITLE), *(_words(sentence, TEXT) for sentence in sentences)]
    for table in tables:
        story += [_words(table.title, HEADING), *_drawn(table, document.width - 2 * PADDING)]
    document.build(story)
    return out.getvalue()


def _drawn(table: PaperTable, width: float) -> list[Flowable]:
    rows = [[_words(cell, SMALL) for cell in row] for row in [table.columns, *table.rows] if row]
    if not rows:
        return [Spacer(0, 2 * mm)]
    columns = len(rows[0])
    return [Table(rows, colWidths=[width / columns] * columns, style=LINES, repeatRows=1 if table.columns else 0)]


def _words(text: object, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(str(text)), style)
