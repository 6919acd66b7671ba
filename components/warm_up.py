"""What every page needs is loaded before the first visitor comes, and then left alone."""

import gc
import logging
import pkgutil
from importlib import import_module

import components
import core

_SCRIPT = "components.shell"  # run for each visitor, never imported


def load() -> None:
    """Import every module of the product with the libraries that they use."""
    # There is no visitor yet, which Streamlit would remark on for each decorated function.
    remarks = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    remarks.disabled = True
    for package in (core, components):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name != _SCRIPT:
                import_module(module.name)
    remarks.disabled = False


def rest() -> None:
    """Keep the garbage collector from what is loaded by now.

    Streamlit collects garbage after every run of a page; passing over what never becomes garbage
    makes a click several times cheaper.
    """
    gc.collect()
    gc.freeze()
