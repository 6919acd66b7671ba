"""Fairlead's web server. Start it with `fairlead serve` or `streamlit run app.py`.

The pages' script stands in `components/`, not here: a script beside a folder `pages/` would
serve these pages to anybody who comes before the first sign-in.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from components import errors, secret_file, server
from components.http import ROUTES
from components.security import MIDDLEWARE
from core import observe, schema
from core.settings import settings

HERE = Path(__file__).resolve().parent


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load what every page needs before the first visitor comes, and let it rest."""
    import pandas  # noqa: F401, ICN001, PLC0415  slow to load, and wanted by every page
    import plotly.graph_objects  # noqa: F401, PLC0415

    observe.start(settings())
    schema.METADATA.tables  # noqa: B018  all models are known
    with server.engine().connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    # Streamlit collects garbage after every run of a page; what is frozen here is passed over,
    # which makes a click several times cheaper.
    gc.collect()
    gc.freeze()
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
