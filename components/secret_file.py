"""What must not stand in a repository: the company account's client secret and cookie key."""

import tomllib
from pathlib import Path
from typing import Any

NAME = "secrets.toml"


def read(folder: Path) -> dict[str, Any] | None:
    """Return the secrets of this installation, or None when there are none.

    An `[auth]` section with `client_id`, `client_secret`, `server_metadata_url`, `redirect_uri`
    and `cookie_secret` lets people sign in with their company account.
    """
    file = folder / NAME
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
