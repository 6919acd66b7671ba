"""Retry rules of the reason templates: adding, changing and taking away."""

from collections.abc import Sequence

import streamlit as st

from components import words
from components.gateway import as_seen, fetch, submit
from components.tables import Column, table
from core.activities.actions.retries import (
    DropRetryRule,
    SaveRetryRule,
    drop_retry_rule,
    save_retry_rule,
)
from core.activities.queries.retries import RetryRuleRow, retry_rules
from core.activities.rules import ATTEMPT_OUTCOMES, RetryEnd
from core.campaigns.queries.reasons import TemplateRow, templates
from core.campaigns.queries.reference import ChannelRow, channels

_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
_EVERY = "Every other channel"


def _unit(minutes: int) -> str:
    return next(unit for unit, size in reversed(_MINUTES.items()) if minutes % size == 0)


def _delay(minutes: int) -> str:
    unit = _unit(minutes)
    return f"after {words.counted(minutes // _MINUTES[unit], unit[:-1])}"


def _ending(row: RetryRuleRow) -> str:
    if row.ending is RetryEnd.POOL:
        return "Back to the branch pool"
    return f"Cancelled: {row.reason}"


_COLUMNS = (
    Column("template", "Template", width="medium"),
    Column("outcome", "After"),
    Column("channel", "Channel", write=lambda row: row.channel or _EVERY),
    Column("delay_minutes", "Next try", write=lambda row: _delay(row.delay_minutes)),
    Column("most_attempts", "Tries", "count"),
    Column("ending", "Then", write=_ending),
)


def retry_list() -> None:
    """List the rules; change the chosen one, take it away, or add another."""
    rows = as_seen(retry_rules)
    chosen = table(
        rows,
        columns=_COLUMNS,
        key="retries",
        choose="one",
        empty="No rule yet: whoever notes a try says when the next one is.",
    )
    kept = chosen[0] if chosen else None
    offered = fetch(templates)
    if not offered:
        st.info("Add a reason template first.")
        return
    _form(kept, offered, [each for each in fetch(channels) if each.is_internal])
    if kept is not None and st.button("Take the rule away", icon=":material/delete:"):
        submit(
            drop_retry_rule,
            lambda: DropRetryRule(kept.id, kept.version),
            done=lambda _fact: "The rule is taken away.",
        )


def _form(
    kept: RetryRuleRow | None, offered: Sequence[TemplateRow], by: Sequence[ChannelRow]
) -> None:
    st.subheader("Change the rule" if kept else "Add a rule")
    key = f"retry:{kept.id if kept else 'new'}"
    names = {each.id: each.name for each in offered}
    # Outside the form: which reasons there are depends on it.
    template_id = st.selectbox(
        "Template",
        list(names),
        list(names).index(kept.template_id) if kept else 0,
        format_func=names.__getitem__,
        key=f"{key}:template",
    )
    template = next(each for each in offered if each.id == template_id)
    reasons = dict(zip(template.cancelled_ids, template.cancelled, strict=True))
    where: dict[int | None, str] = {None: _EVERY, **{each.id: each.name for each in by}}
    outcomes = sorted(ATTEMPT_OUTCOMES)
    unit = _unit(kept.delay_minutes) if kept else "hours"
    with st.form(key, border=False):
        left, right = st.columns(2)
        outcome = left.selectbox(
            "After",
            outcomes,
            outcomes.index(kept.outcome) if kept else 0,
            format_func=words.sentence,
        )
        channel_id = right.selectbox(
            "Channel",
            list(where),
            list(where).index(kept.channel_id) if kept else 0,
            format_func=where.__getitem__,
        )
        number, of, most = st.columns(3)
        delay = number.number_input(
            "Next try after", 0, None, kept.delay_minutes // _MINUTES[unit] if kept else 4
        )
        units = list(_MINUTES)
        chosen_unit = of.selectbox("Minutes, hours or days", units, units.index(unit))
        tries = most.number_input("Tries at most", 0, None, kept.most_attempts if kept else 3)
        ends = list(RetryEnd)
        then, why = st.columns(2)
        ending = then.selectbox(
            "After the last try",
            ends,
            ends.index(kept.ending) if kept else 0,
            format_func=words.sentence,
        )
        ids = list(reasons)
        own = kept.reason_id if kept else None
        reason_id = why.selectbox(
            "Cancelled for",
            ids,
            ids.index(own) if own in ids else None,
            format_func=reasons.__getitem__,
            placeholder="Only where it is cancelled",
        )
        asked = st.form_submit_button("Save the rule", type="primary")
    if asked:
        submit(
            save_retry_rule,
            lambda: SaveRetryRule(
                template_id,
                outcome,
                int(delay) * _MINUTES[chosen_unit],
                int(tries),
                ending,
                reason_id if ending is RetryEnd.CANCEL else None,
                channel_id,
                kept.id if kept else None,
                kept.version if kept else None,
            ),
            done=lambda fact: f"The rule “{fact.name}” is saved.",
        )
