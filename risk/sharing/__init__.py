"""What other lenders know of an applicant, and we of theirs: counted without anybody naming anybody (ADR 18)."""
