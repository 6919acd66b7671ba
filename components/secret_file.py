"""What must not stand in a repository: the company account's client secret and cookie key."""

import os
import secrets
import tomllib
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from core.refusals import Invalid

NAME = "secrets.toml"
KEY_NAME = "cookie_key"
KEY_VARIABLE = "STREAMLIT_SERVER_COOKIE_SECRET"


def read(folder: Path) -> dict[str, Any] | None:
    """Return the secrets of this installation, or None when there are none.

    An `[auth]` section with `client_id`, `client_secret`, `server_metadata_url` and
    `redirect_uri` lets people sign in with their company account. Without a `cookie_secret`
    it is given the key that is kept here.

    :raises Invalid: the file can't be read, or the key can't be kept
    """
    file = folder / NAME
    if not file.is_file():
        return None
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"{file} can't be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{file} isn't TOML: {error}.") from error
    if isinstance(auth := told.get("auth"), dict):
        auth.setdefault("cookie_secret", cookie_key(folder))
    return told


def cookie_key(folder: Path) -> str:
    """Return the key that cookies are signed with: a given one, or the one kept in `folder`.

    It is made at the first call, and from then on the same for every process and every start.

    :raises Invalid: it can't be kept
    """
    if given := os.environ.get(KEY_VARIABLE):
        return given
    kept = folder / KEY_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not kept.exists():
            _keep(kept)
        return kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Invalid(
            f"The key of the cookies can't be kept in {kept}: {error.strerror}."
            f" Let the server write there, or set {KEY_VARIABLE} to 48 random bytes or more."
        ) from error


def _keep(file: Path) -> None:
    """Write a new key, whole and for its owner alone; of two at once the first one stays."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=f".{KEY_NAME}-", encoding="ascii") as new:
        new.write(secrets.token_urlsafe(48))
        new.flush()
        with suppress(FileExistsError):
            os.link(new.name, file)
