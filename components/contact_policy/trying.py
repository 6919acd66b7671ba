"""Other terms, tried out before anybody saves them."""

from dataclasses import dataclass

import streamlit as st

from components import errors, words
from components.charts import contacts as charts
from components.charts.frame import chart
from components.contact_policy.terms import said
from components.gateway import current_actor, fetch, submit
from components.tables import Column, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.campaigns.actions.policy import (
    DropSegmentTerms,
    SetContactPolicy,
    SetSegmentTerms,
    drop_segment_terms,
    set_contact_policy,
    set_segment_terms,
)
from core.campaigns.queries.policy import Policy, SegmentChoice
from core.campaigns.rules import ContactRules, ContactTerms
from core.refusals import Refusal
from core.runs.queries.simulating import simulate, simulate_runs, simulate_segments

_SLOT = "contact policy tried"
_BANK = SegmentChoice(0, "Every customer of the bank")
_USUAL = ContactTerms(3, 90, 90)
_RUNS = (
    Column("campaign", "Campaign", width="medium"),
    Column("run", "Run"),
    Column("before", "Candidates now", "count"),
    Column("after", "Then", "count"),
    Column("problem", "Problem", width="large"),
)


@dataclass(frozen=True)
class Tried:
    """Terms for whom; None are the bank's again. `version` is that of the policy beneath."""

    whose: SegmentChoice
    terms: ContactTerms | None
    version: int

    def rules(self, policy: Policy) -> ContactRules:
        """Return the policy as it would be."""
        of_bank = not self.whose.id and self.terms is not None
        if of_bank or policy.rules is None:
            overrides = policy.rules.overrides if policy.rules else ()
            return ContactRules(self.terms or _USUAL, overrides)
        return policy.rules.with_override(self.whose.id, self.terms)


def draw(policy: Policy) -> None:
    """Ask for other terms, show what they would change, and save them."""
    st.subheader("Try other terms")
    own = {row.segment_id: row.terms for row in policy.segments}
    broken = [SegmentChoice(row.id, row.segment) for row in policy.segments if row.problem]
    offered = [_BANK, *policy.choices, *broken] if policy.rules else [_BANK]
    whose = st.selectbox("For whom", offered, format_func=lambda row: row.name)
    bank = policy.rules.bank if policy.rules else _USUAL
    _ask(policy, whose, own.get(whose.id, bank), has_own=whose.id in own)
    tried = st.session_state.get(_SLOT)
    if isinstance(tried, Tried) and tried.version == policy.version:
        _show(policy, tried)


def _ask(policy: Policy, whose: SegmentChoice, kept: ContactTerms, *, has_own: bool) -> None:
    least = 0 if whose.id else 1
    with st.form(f"terms {whose.id} {policy.version}", border=False):
        left, middle, right = st.columns(3)
        most = left.number_input("Sales contacts at most", least, 10_000, kept.most_contacts)
        period = middle.number_input("In days", 1, 10_000, kept.period_days)
        quiet = right.number_input("Quiet days after a refusal", 0, 10_000, kept.quiet_days)
        with st.container(horizontal=True):
            asked = st.form_submit_button("See what would change", type="primary")
            dropped = has_own and st.form_submit_button("See it with the bank's terms")
    if asked:
        terms = ContactTerms(int(most), int(period), int(quiet))
        st.session_state[_SLOT] = Tried(whose, terms, policy.version)
    if dropped:
        st.session_state[_SLOT] = Tried(whose, None, policy.version)


def _show(policy: Policy, tried: Tried) -> None:
    try:
        rules = tried.rules(policy)
    except Refusal as refusal:
        errors.explain(refusal)
        return
    with st.spinner("Judging every customer by both"):
        found = fetch(simulate, rules=rules)
    terms = "the bank's terms." if tried.terms is None else said(tried.terms)
    st.markdown(f"**{words.plain(tried.whose.name)}**, tried: {terms} Nothing is saved yet.")
    more = found.after - found.before
    tiles(
        [
            Tile("Held now", words.count(found.before)),
            Tile("Held then", words.count(found.after), change=f"{more:+,}" if more else None),
            Tile("Newly held", words.count(found.newly_held)),
            Tile("Newly free", words.count(found.newly_free)),
        ]
    )
    if current_actor().may(Permission.MANAGE_REFERENCE):
        _save(tried)
    else:
        st.caption("An administrator can save it.")
    _by_segment(rules)
    _by_run(rules)


def _by_segment(rules: ContactRules) -> None:
    with st.spinner("Looking who is in which segment"):
        changes = fetch(simulate_segments, rules=rules)
    if not changes:
        return
    st.subheader("Segments")
    chart(
        charts.changes(changes),
        key="changes",
        reading=charts.changes_reading(changes),
        rows=changes,
        columns=charts.CHANGES,
    )


def _by_run(rules: ContactRules) -> None:
    st.subheader("Runs that wait for their selection")
    with st.spinner("Judging their candidates by both"):
        found = fetch(simulate_runs, rules=rules)
    table(found.runs, columns=_RUNS, key="planned", empty="No run waits for its selection.")
    if found.others:
        st.caption(f"{words.counted(found.others, 'run')} that start later are not shown.")


def _save(tried: Tried) -> None:
    if not st.button("Save these terms", icon=":material/save:"):
        return
    if tried.terms is None:
        submit(
            drop_segment_terms,
            lambda: DropSegmentTerms(tried.whose.id, tried.version),
            done=lambda fact: f"“{fact.name}” has the bank's terms again.",
        )
        return
    terms = tried.terms
    if tried.whose.id:
        submit(
            set_segment_terms,
            lambda: SetSegmentTerms(tried.whose.id, terms, tried.version),
            done=lambda fact: f"The terms of “{fact.name}” are saved.",
        )
        return
    submit(
        set_contact_policy,
        lambda: SetContactPolicy(terms, tried.version),
        done=lambda _: "The contact policy is saved; selections from now on follow it.",
    )
