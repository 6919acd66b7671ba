"""Fairlead's web server. Start it with `fairlead serve` or `streamlit run app.py`.

The pages' script stands in `components/`, not here: a script beside a folder `pages/` would
serve these pages to anybody who comes before the first sign-in.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from components import errors, secret_file, server, warm_up
from components.http import ROUTES
from components.passing import passing
from components.security import MIDDLEWARE
from core import observe
from core.settings import settings
from data.migrations import require_ready

HERE = Path(__file__).resolve().parent


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load what every page needs before the first visitor comes, and let it rest."""
    # Asked before anything is logged: it makes the schema's own library talkative.
    require_ready(server.engine(), settings().currency)
    observe.start(settings())
    warm_up.load()
    warm_up.rest()
    with passing(every=settings().tick_seconds):
        yield
    server.engine().dispose()


app = st.App(
    HERE / "components" / "shell.py",
    secrets=secret_file.read(settings().secrets_path),
    lifespan=lifespan,
    routes=ROUTES,
    middleware=MIDDLEWARE,
    on_script_error=errors.show,
)
