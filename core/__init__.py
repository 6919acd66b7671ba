"""The business of running bank campaigns.

Folders are the business; the loose modules are the machinery they share. Imports point one
way, from the outcome back to the people who work; `pyproject.toml` holds the same list as an
import-linter contract:

    schema | passing | rebuilding > exchange | intake | history > portfolio > coverage | gate >
    truth > impact > queues > responses > distribution | service > activities > runs > campaigns
    > market > segments > customers > people > calendars > exports > work > journal > lifecycle
    > access | periods | measures | windows | hours > saying > database | observe > settings >
    refusals
"""
