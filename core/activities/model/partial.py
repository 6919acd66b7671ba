"""Indexes over a part of a table, declared alike for both databases."""

from sqlalchemy import Index, text


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    there = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=there, sqlite_where=there)
