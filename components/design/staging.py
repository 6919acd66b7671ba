"""The fourth step: what is done when, by which way, with which words and reasons."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from components import words
from components.design import gate, trying
from components.design.choosing import one, word
from components.design.reading import stages as stage_cards
from components.design.saving import follow, told
from components.design.unsaved import Draft, saving, typed, untype
from components.gateway import fetch, submit
from core.campaigns.actions import SetStages, set_stages
from core.campaigns.actions.reference import SaveContent, save_content
from core.campaigns.queries import DesignSheet
from core.campaigns.queries.reasons import templates
from core.campaigns.queries.reference import activity_subtypes, channels, contents
from core.campaigns.rules import TOKENS, ActivityType, Condition, CreateOn
from core.campaigns.terms import MOST_DAYS, MOST_DELAY, StageTerms, without
from core.periods import Shift
from core.refusals import Invalid


def staging(design: DesignSheet) -> None:
    """Show the stages, let each be changed or removed, and add others."""
    stage_cards(design)
    kept = [stage.terms for stage in design.stages]
    for place, terms in enumerate(kept):
        draft = _draft(design, f"stage {place + 1}", terms)
        with st.expander(f"Change stage {place + 1}, {words.plain(terms.name)}"):
            ask = _fields(draft, kept[:place])
            save = partial(_put, design, kept, place)
            saving(draft, ask, save, "Save the stage")
            if st.button("Remove the stage", key=draft.key("remove"), type="tertiary"):
                _save(design, partial(without, kept, place + 1), "The stage is removed.")
    added = _draft(design, f"new {len(kept) + 1}", StageTerms("Call"))
    with st.expander("Add a stage", icon=":material/add:", expanded=not kept):
        saving(added, _fields(added, kept), partial(_put, design, kept, None), "Add the stage")
    with st.expander("Write a new content", icon=":material/edit_note:"):
        _content()
    with st.expander("Try it on ten customers", icon=":material/groups:"):
        if gate.is_countable(design) and design.stages:
            trying.ten_customers(design)
        else:
            st.caption("With an audience and a stage, this shows what ten customers would read.")


def _draft(design: DesignSheet, name: str, saved: StageTerms) -> Draft[StageTerms]:
    return Draft(f"{design.id}:Stages:{name}", saved, design.row_version)


def _put(
    design: DesignSheet, kept: Sequence[StageTerms], place: int | None, stage: StageTerms
) -> None:
    """Save the stages with this one at its place, or at the end."""
    if place is None:
        _save(design, lambda: [*kept, stage], "The stage is added.")
    else:
        _save(design, lambda: [*kept[:place], stage, *kept[place + 1 :]], "The stage is saved.")


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


def _fields(draft: Draft[StageTerms], earlier: Sequence[StageTerms]) -> Callable[[], StageTerms]:
    """Draw the fields of a stage; return what makes the stage of what stands in them."""
    begun, key = draft.begun, draft.key
    left, right = st.columns(2)
    name = left.text_input("Name", begun.name, key=key("name"))
    content = one(
        right,
        "Content",
        fetch(contents),
        begun.content_id,
        name=lambda row: f"{row.name} ({row.channel})",
        nothing="Choose",
        key=key("content"),
    )
    subtype = one(
        left,
        "Kind of activity",
        fetch(activity_subtypes),
        begun.activity_subtype_id,
        name=lambda row: f"{words.sentence(row.type)}: {row.name}",
        key=key("kind"),
    )
    template = one(
        right, "Reason template", fetch(templates), begun.reason_template_id, key=key("reasons")
    )
    after, condition = begun.after_position, begun.condition
    if earlier:
        places = [None, *range(1, len(earlier) + 1)]
        after = left.selectbox(
            "Begins with",
            places,
            index=places.index(after) if after in places else 0,
            format_func=lambda each: _begins(each, earlier),
            key=key("after"),
        )
        if after is not None:
            condition = word(
                right,
                "Where the earlier stage came to",
                list(Condition),
                condition,
                key=key("condition"),
            )
    start = left.number_input(
        "Days after that",
        0,
        MOST_DAYS,
        begun.start_after_days,
        help="Calendar days.",
        key=key("start"),
    )
    due = right.number_input("Due in working days", 0, MOST_DAYS, begun.due_days, key=key("due"))
    shift = word(left, "On weekends and holidays", list(Shift), begun.shift, key=key("shift"))
    delay = right.number_input(
        "Shifted by days at most", 0, MOST_DELAY, begun.max_delay_days, key=key("delay")
    )
    made = word(
        left, "Activities are made on the", list(CreateOn), begun.create_on, key=key("made")
    )

    def asked() -> StageTerms:
        return StageTerms(
            name=name.strip(),
            content_id=content.id if content else None,
            activity_type=subtype.type if subtype else ActivityType.SALES,
            activity_subtype_id=subtype.id if subtype else None,
            reason_template_id=template.id if template else None,
            after_position=after,
            condition=Condition.ALWAYS if after is None else condition,
            start_after_days=int(start),
            due_days=int(due),
            shift=shift,
            max_delay_days=int(delay),
            create_on=made,
        )

    return asked


def _begins(position: int | None, earlier: Sequence[StageTerms]) -> str:
    if position is None:
        return "The run's start"
    return f"The end of stage {position}, {earlier[position - 1].name}"


def _content() -> None:
    st.caption(f"These are replaced for each customer: {words.plain(', '.join(TOKENS))}")
    left, right = st.columns(2)
    name = typed(left, "Name of the content", "content:name")
    channel = right.selectbox("Channel", fetch(channels), format_func=lambda row: row.name)
    here = st.container()
    subject = typed(here, "Subject", "content:subject")
    body = typed(here, "Words", "content:body", height=140)

    def request() -> SaveContent:
        if channel is None:
            raise Invalid("An administrator has to add a channel first.")
        return SaveContent(name, channel.id, body, subject)

    if st.button("Keep the content"):
        submit(
            save_content,
            request,
            done=lambda fact: f"The content “{fact.name}” can be used in a stage now.",
            then=lambda _: untype("content:name", "content:subject", "content:body"),
        )
