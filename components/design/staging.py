"""The fourth step: what is done when, by which way, with which words and reasons."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from components import words
from components.design.choosing import one, word
from components.design.reading import stages as stage_cards
from components.design.saving import follow, told
from components.gateway import fetch, submit
from core.campaigns.actions import SetStages, set_stages
from core.campaigns.actions.reference import SaveContent, save_content
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.reasons import templates
from core.campaigns.queries.reference import activity_subtypes, channels, contents
from core.campaigns.rules import TOKENS, ActivityType, Condition, CreateOn
from core.campaigns.terms import StageTerms, without
from core.periods import Shift
from core.refusals import Invalid


def staging(design: DesignSheet) -> None:
    """Show the stages, let each be changed or removed, and add others."""
    stage_cards(design)
    kept = [stage.terms for stage in design.stages]
    for place, terms in enumerate(kept):
        with st.expander(f"Change stage {place + 1}, {words.plain(terms.name)}"):
            asked = _form(f"stage{place}", terms, "Save the stage", kept[:place])
            if asked is not None:
                changed = [*kept[:place], asked, *kept[place + 1 :]]
                _save(design, partial(list, changed), "The stage is saved.")
            if st.button("Remove the stage", key=f"remove{place}", type="tertiary"):
                _save(design, partial(without, kept, place + 1), "The stage is removed.")
    with st.expander("Add a stage", icon=":material/add:", expanded=not kept):
        added = _form("new", None, "Add the stage", kept)
        if added is not None:
            _save(design, lambda: [*kept, added], "The stage is added.")
    with st.expander("Write a new content", icon=":material/edit_note:"):
        _content()


def _save(design: DesignSheet, stages: Callable[[], Sequence[StageTerms]], done: str) -> None:
    submit(
        set_stages,
        lambda: SetStages(design.id, design.row_version, _sound(stages())),
        done=lambda fact: told(fact, done),
        then=follow,
    )


def _sound(stages: Sequence[StageTerms]) -> Sequence[StageTerms]:
    if any(stage.content_id is None for stage in stages):
        raise Invalid("Choose the content of the stage, or write a new one below.")
    return stages


def _form(
    key: str, terms: StageTerms | None, label: str, earlier: Sequence[StageTerms]
) -> StageTerms | None:
    """Draw the fields of a stage; return them once the person is done."""
    terms = terms or StageTerms("Call")
    with st.form(key, border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", terms.name)
        said = fetch(contents)
        content = one(
            right,
            "Content",
            said,
            terms.content_id,
            name=lambda row: f"{row.name} ({row.channel})",
            nothing="Choose",
        )
        subtypes = fetch(activity_subtypes)
        subtype = one(
            left,
            "Kind of activity",
            subtypes,
            terms.activity_subtype_id,
            name=lambda row: f"{words.sentence(row.type)}: {row.name}",
        )
        offered = fetch(templates)
        template = one(right, "Reason template", offered, terms.reason_template_id)
        after, condition = terms.after_position, terms.condition
        if earlier:
            after = left.selectbox(
                "Begins with",
                [None, *range(1, len(earlier) + 1)],
                index=after if after is not None and after <= len(earlier) else 0,
                format_func=lambda each: _begins(each, earlier),
            )
            condition = word(
                right,
                "Where the earlier stage came to",
                list(Condition),
                condition,
            )
        start = left.number_input(
            "Days after that", 0, 365, terms.start_after_days, help="Calendar days."
        )
        due = right.number_input("Due in working days", 0, 365, terms.due_days)
        shift = word(left, "On weekends and holidays", list(Shift), terms.shift)
        delay = right.number_input("Shifted by days at most", 0, 31, terms.max_delay_days)
        made = word(left, "Activities are made on the", list(CreateOn), terms.create_on)
        if not st.form_submit_button(label, type="primary"):
            return None
    return StageTerms(
        name=name.strip() or "Stage",
        content_id=content.id if content else None,
        activity_type=subtype.type if subtype else ActivityType.SALES,
        activity_subtype_id=subtype.id if subtype else None,
        reason_template_id=template.id if template else None,
        after_position=after,
        condition=condition,
        start_after_days=int(start),
        due_days=int(due),
        shift=shift,
        max_delay_days=int(delay),
        create_on=made,
    )


def _begins(position: int | None, earlier: Sequence[StageTerms]) -> str:
    if position is None:
        return "The run's start"
    return f"The end of stage {position}, {earlier[position - 1].name}"


def _content() -> None:
    st.caption(f"These are replaced for each customer: {words.plain(', '.join(TOKENS))}")
    with st.form("content", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name of the content")
        channel = right.selectbox("Channel", fetch(channels), format_func=lambda row: row.name)
        subject = st.text_input("Subject")
        body = st.text_area("Words", height=140)
        asked = st.form_submit_button("Keep the content")

    def request() -> SaveContent:
        if channel is None:
            raise Invalid("An administrator has to add a channel first.")
        return SaveContent(name, channel.id, body, subject)

    if asked:
        submit(
            save_content,
            request,
            done=lambda fact: f"The content “{fact.name}” can be used in a stage now.",
        )
