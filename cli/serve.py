"""Serve the pages."""

import os
import sys
from typing import Annotated

import typer

from cli.common import engine
from components import secret_file
from core.settings import HERE, settings

_Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]
_Address = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")]


def serve(port: _Port = 8501, address: _Address = "127.0.0.1") -> None:
    """Serve Fairlead to browsers until stopped."""
    engine()
    secret_file.read(settings().secrets_path)  # what is wrong with it is said here
    os.environ[secret_file.KEY_VARIABLE] = secret_file.cookie_key(settings().secrets_path)
    os.chdir(HERE)  # where app.py and .streamlit/config.toml are
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = {
        "server.port": port,
        "server.address": address,
        "server.headless": "true",
        "server.maxUploadSize": settings().upload_megabytes,
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    # Take this process's place: signals and the exit code are then the server's own.
    os.execv(sys.executable, command)  # noqa: S606  no shell wanted
