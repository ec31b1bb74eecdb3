"""Uploads stay in memory until they are encrypted: Django's usual handlers would write large ones to disk in clear."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MAX_UPLOAD_BYTES = 10 * 1024 * 1024


class InMemoryUploadHandler(FileUploadHandler):
    """Takes every file into memory, keeping no more than one byte over the limit: enough to see that it is too
    large.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.buffer = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = MAX_UPLOAD_BYTES + 1 - self.buffer.tell()
        self.buffer.write(raw_data[:room])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The uploaded file; its size is at most one byte over MAX_UPLOAD_BYTES."""
        size = self.buffer.tell()
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            self.buffer, self.field_name, self.file_name or "", self.content_type or "", size, self.charset
        )
