import io
import json
import logging

import pytest
import structlog

from core import observe
from core.settings import Settings


@pytest.fixture
def lines(monkeypatch):
    """What is logged, as the operator's program reads it."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    observe.start(Settings(log_format="json"))
    stream = io.StringIO()
    logging.getLogger().handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_every_line_of_a_request_carries_its_id(lines):
    request = observe.begin_request(person_id=7)
    structlog.get_logger("a").info("first", count=3)
    logging.getLogger("b").warning("second")

    assert [(line["event"], line["request"], line["person_id"]) for line in lines()] == [
        ("first", request, 7),
        ("second", request, 7),
    ]
    assert observe.begin_request() != request


def test_personal_fields_are_hidden(lines):
    structlog.get_logger().info("seen", name="Ann Example", pin="190101-0001", activity_id=4711)

    [line] = lines()
    assert (line["name"], line["pin"], line["activity_id"]) == ("•••", "•••", 4711)


@pytest.mark.parametrize(
    "text",
    [
        "wrote to ann.example+1@bank.example today",
        "pin 190101-0001 is wrong",
        "call 0171 555 0199",
        "Key (username)=(ann) already exists.",
    ],
)
def test_personal_data_within_text_is_hidden(lines, text):
    try:
        int(text)
    except ValueError:
        logging.getLogger().exception("row %s refused", 12)

    said = json.dumps(lines(), ensure_ascii=False)
    assert "row 12 refused" in said
    assert "ValueError" in said
    for secret in ("ann", "190101", "555 0199"):
        assert secret not in said.split("ValueError")[1]
