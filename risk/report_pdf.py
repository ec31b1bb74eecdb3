"""The risk report on paper: what the page shows, as a PDF in the active language."""

from core.pdf import PaperTable, paper
from risk import report
from risk.models import Decision


def make(decision: Decision) -> bytes:
    """The report of a decision as the bytes of a PDF. It names nobody."""
    told = report.build(decision)
    tables = [PaperTable(section.title, section.rows, section.columns) for section in told.sections]
    return paper(told.title, told.summary, tables)
