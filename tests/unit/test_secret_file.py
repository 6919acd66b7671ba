"""The key of the cookies is made once, kept for its owner alone, and never in the way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from components.secret_file import KEY_NAME, KEY_VARIABLE, NAME, cookie_key, read
from core.refusals import Invalid

AUTH = '[auth]\nclient_id = "fairlead"\n'


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_without_a_file_there_are_no_secrets(tmp_path):
    assert read(tmp_path / "none") is None


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    folder = tmp_path / "secrets"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: cookie_key(folder), range(8)))

    [key] = keys
    assert len(key) >= 48
    assert cookie_key(folder) == key
    assert [file.name for file in folder.iterdir()] == [KEY_NAME]
    assert (folder / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_given_key_goes_before(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "given")
    assert cookie_key(tmp_path) == "given"
    assert not list(tmp_path.iterdir())


def test_a_company_account_without_a_key_is_given_the_kept_one(tmp_path):
    (tmp_path / NAME).write_text(AUTH)
    assert read(tmp_path)["auth"]["cookie_secret"] == cookie_key(tmp_path)

    (tmp_path / NAME).write_text(AUTH + 'cookie_secret = "own"\n')
    assert read(tmp_path)["auth"]["cookie_secret"] == "own"


def test_what_cannot_be_read_or_kept_is_told(tmp_path):
    (tmp_path / NAME).write_text("[auth")
    with pytest.raises(Invalid, match="isn't TOML"):
        read(tmp_path)
    with pytest.raises(Invalid, match=f"can't be kept.*{KEY_VARIABLE}"):
        cookie_key(tmp_path / NAME)
