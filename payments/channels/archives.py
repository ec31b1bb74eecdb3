"""Zips in which institutions send their files."""

import io
import zipfile

LARGEST_BYTES = 256 * 1024 * 1024


def unzipped(content: bytes) -> dict[str, str]:
    """The GBK files of a zip as text, by name. Raises ValueError for what is no such zip, or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
                raise ValueError("too large")
            return {entry.filename: archive.read(entry).decode("gbk") for entry in archive.infolist()}
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise ValueError("no zip of GBK files") from error
