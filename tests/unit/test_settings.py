import pytest
from pydantic import ValidationError

from core.settings import Settings


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("FAIRLEAD_TIME_ZONE", "Mars/Olympus", "time zone"),
        ("FAIRLEAD_CURRENCY", "euro", "currency"),
        ("FAIRLEAD_COUNTRY", "Britain", "country"),
        ("FAIRLEAD_LOG_LEVEL", "loud", "log_level"),
        ("FAIRLEAD_SESSION_HOURS", "25", "session_hours"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch, name, value, word):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=word):
        Settings()


def test_a_file_sets_what_the_environment_does_not(tmp_path, monkeypatch):
    path = tmp_path / "fairlead.env"
    path.write_text("FAIRLEAD_BANK_NAME=From the file\nFAIRLEAD_CURRENCY=USD\n")
    monkeypatch.setenv("FAIRLEAD_CURRENCY", "CHF")

    read = Settings(_env_file=path)

    assert (read.bank_name, read.currency) == ("From the file", "CHF")
