"""Find a Chromium for the browser tests, or install one: `python -m tests.browser.chromium`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the program: FAIRLEAD_CHROMIUM, one on the path, or Playwright's own."""
    if named := os.environ.get("FAIRLEAD_CHROMIUM"):
        return named
    for name in NAMES:
        if program := shutil.which(name):
            return program
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  slow, and rarely needed

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> bool:
    """Install Chromium with the system's packages as root, else with Playwright's installer."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        package = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
        if subprocess.run(package, check=False, env=quiet).returncode == 0:
            return True
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    if find() is None and not (install() and find()):
        sys.exit(
            "The browser tests need Chromium and it could not be installed;"
            " install it and name it in FAIRLEAD_CHROMIUM."
        )


if __name__ == "__main__":
    main()
