"""Structured logs, one JSON object a line, with personal data masked by key and by look."""

import logging
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from core.masking import mask_payload, mask_text

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def mask(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Mask every value of a log event."""
    return {key: mask_payload(value, key) for key, value in event.items()}


class MaskedFormatter(structlog.stdlib.ProcessorFormatter):
    """The last look: whatever slipped past the keys is masked in the finished line."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """The LOGGING setting: everything to standard error, through the masks."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": MaskedFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    mask,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "httpx": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Route structlog's loggers through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
