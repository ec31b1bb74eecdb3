"""Logs name serials, never people."""

import io
import json
import logging
import logging.config

import pytest
import structlog

from core.logs import logging_config


@pytest.fixture
def lines():
    stream = io.StringIO()
    config = logging_config()
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(logging_config())


def test_values_are_masked_by_key_and_by_look(lines):
    structlog.get_logger("app").info("told 13812345678", name="张三丰", loan="20261123LN0000000018")
    (line,) = lines()
    assert line["event"] == "told 138****5678"
    assert line["name"] == "张**"
    assert line["loan"] == "20261123LN0000000018"


def test_other_peoples_loggers_and_tracebacks_are_masked_too(lines):
    try:
        raise ValueError("card 6222020200112233445")
    except ValueError:
        logging.getLogger("library").exception("failed for %s", "11010519491231002X")
    (line,) = lines()
    assert line["event"] == "failed for 110***********002X"
    assert "6222020200112233445" not in line["exception"]
