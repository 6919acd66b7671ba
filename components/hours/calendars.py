"""Calendars: their hours day by day, their holidays, and the days on which they are closed."""

from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from components import words
from components.gateway import as_seen, now, submit
from components.tables import Column, table
from core.calendars.actions import (
    ChangeCalendar,
    CloseDay,
    DefineCalendar,
    OpenDay,
    change_calendar,
    close_day,
    define_calendar,
    open_day,
)
from core.calendars.queries import CalendarRow, Closure, calendars
from core.calendars.rules import (
    WEEKDAYS,
    Hours,
    Purpose,
    read_hours,
    write_hours,
)
from core.hours import countries, parts_of
from core.settings import settings

_COLUMNS = (
    Column("name", "Calendar"),
    Column("code", "Code"),
    Column("zone", "Time zone"),
    Column("country", "Holidays of", write=lambda row: _place(row.country, row.subdivision)),
    Column("hours", "Hours", width="large", write=lambda row: "; ".join(_week(row.hours))),
    Column("minutes_a_week", "Hours a week", "number", write=lambda row: row.minutes_a_week / 60),
    Column("closures", "Days closed", "count", write=lambda row: len(row.closures)),
)
_CLOSURES = (Column("day", "Closed on", "date"), Column("name", "Why"))
_USUAL = "09:00-12:00, 13:00-17:00"


def calendar_list() -> None:
    """List the calendars; change the chosen one and the days it is closed, or add another."""
    chosen = table(
        as_seen(calendars),
        columns=_COLUMNS,
        key="calendars",
        empty="No calendar yet: everybody works nine to five, by the bank's zone and holidays.",
        choose="one",
    )
    kept = chosen[0] if chosen else None
    st.subheader(f"Change {words.plain(kept.name)}" if kept else "Add a calendar")
    _form(kept)
    if kept:
        st.subheader("Closed days")
        _closures(kept)


def _form(kept: CalendarRow | None) -> None:
    key = f"calendar:{kept.id}:{kept.version}" if kept else "calendar:new"
    country, subdivision = _holidays(kept, key)
    zones = sorted(available_timezones())
    with st.form(key, border=False):
        left, middle, right = st.columns(3)
        code = left.text_input("Code", kept.code if kept else "")
        name = middle.text_input("Name", kept.name if kept else "")
        zone = right.selectbox(
            "Time zone", zones, index=zones.index(kept.zone if kept else settings().time_zone)
        )
        work, contact = st.columns(2, gap="large")
        work.markdown("**Working hours**")
        contact.markdown("**Contact hours**, if not the working hours")
        typed = [
            _typed(place, kept, weekday, purpose)
            for place, purpose in ((work, Purpose.WORK), (contact, Purpose.CONTACT))
            for weekday in range(len(WEEKDAYS))
        ]
        asked = st.form_submit_button("Save the calendar", type="primary")
    if not asked:
        return

    def fields() -> dict[str, Any]:
        spans = [span for day, text, use in typed for span in read_hours(day, text, use)]
        return {
            "code": code,
            "name": name,
            "zone": zone,
            "hours": tuple(spans),
            "country": country,
            "subdivision": subdivision,
        }

    if kept is None:
        submit(
            define_calendar,
            lambda: DefineCalendar(**fields()),
            done=lambda fact: f"The calendar {fact.name} is added.",
        )
    else:
        submit(
            change_calendar,
            lambda: ChangeCalendar(**fields(), calendar_id=kept.id, version=kept.version),
            done=lambda fact: f"{fact.name} is changed; work that is made from now on follows it.",
        )


def _holidays(kept: CalendarRow | None, key: str) -> tuple[str | None, str | None]:
    """Ask for the country and its part outside the form: the second follows from the first."""
    names = sorted(countries(), key=words.country)
    left, right = st.columns(2)
    country = left.selectbox(
        "Public holidays of",
        names,
        index=_position(names, kept.country if kept else settings().country),
        format_func=words.country,
        placeholder="No country: no public holidays",
        key=f"{key}:country",
    )
    named = parts_of(country) if country else {}
    parts = sorted(named, key=named.__getitem__)
    part = right.selectbox(
        "Part of the country",
        parts,
        index=_position(parts, kept.subdivision if kept else None),
        format_func=lambda part: named[part],
        placeholder="Holidays of the whole country only",
        key=f"{key}:{country}:part",
        disabled=not parts,
    )
    return country, part


def _typed(
    place: Any, kept: CalendarRow | None, weekday: int, purpose: Purpose
) -> tuple[int, str, Purpose]:
    if kept:
        text = write_hours(kept.hours, weekday, purpose)
    else:
        text = _USUAL if purpose is Purpose.WORK and weekday < 5 else ""
    is_work = purpose is Purpose.WORK
    label = WEEKDAYS[weekday] + ("" if is_work else ", contacts")
    nothing = "Closed" if is_work else "No calls" if _has_contacts(kept) else "While people work"
    return weekday, place.text_input(label, text, placeholder=nothing), purpose


def _closures(kept: CalendarRow) -> None:
    table(
        kept.closures,
        columns=_CLOSURES,
        key=f"closures:{kept.id}",
        empty="Open on every day that the week and the holidays leave open.",
    )
    left, right = st.columns(2, gap="large")
    with left, st.form(f"close:{kept.id}", border=False):
        day = st.date_input("Closed on", now().date(), min_value=now().date(), format="DD/MM/YYYY")
        why = st.text_input("Why", placeholder="Moving to the new building")
        closing = st.form_submit_button("Close this day")
    ahead = [closure for closure in kept.closures if closure.day >= now().date()]
    if ahead:
        with right, st.form(f"open:{kept.id}", border=False):
            again = st.selectbox("Open again on", ahead, format_func=_named)
            opening = st.form_submit_button("Open this day again")
        if opening:
            submit(
                open_day,
                lambda: OpenDay(kept.id, again.day),
                done=lambda _: f"{kept.name} is open on {words.day(again.day)} again.",
            )
    if closing:
        submit(
            close_day,
            lambda: CloseDay(kept.id, day, why),
            done=lambda _: f"{kept.name} is closed on {words.day(day)}.",
        )


def _named(closure: Closure) -> str:
    return f"{words.day(closure.day)}: {closure.name}"


def _place(country: str | None, part: str | None) -> str:
    if country is None:
        return "none"
    named = f", {parts_of(country).get(part, part)}" if part else ""
    return f"{words.country(country)}{named}"


def _has_contacts(kept: CalendarRow | None) -> bool:
    return kept is not None and any(span.purpose is Purpose.CONTACT for span in kept.hours)


def _week(hours: tuple[Hours, ...]) -> list[str]:
    """Write the working hours, those of days that follow one another and are alike together."""
    days = [(day[:3], write_hours(hours, weekday)) for weekday, day in enumerate(WEEKDAYS)]
    alike = [(spans, [day for day, _ in same]) for spans, same in groupby(days, itemgetter(1))]
    return [f"{'-'.join(dict.fromkeys((d[0], d[-1])))} {spans}" for spans, d in alike if spans]


def _position(options: list[str], chosen: str | None) -> int | None:
    return options.index(chosen) if chosen in options else None
