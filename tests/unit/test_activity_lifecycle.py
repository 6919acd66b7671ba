from hypothesis import given
from hypothesis import strategies as st

from core.access import SYSTEM, Actor, Role, Scope
from core.activities.rules import (
    ABORT,
    CLOSED,
    DETAIL_OF,
    LIFECYCLE,
    OPEN,
    PENDING,
    Detail,
    Outcome,
    Status,
)
from core.campaigns.rendering import rendered

people = st.builds(
    Actor,
    person_id=st.just(1),
    name=st.just("Ada"),
    roles=st.frozensets(st.sampled_from(Role)),
    scope=st.just(Scope()),
)


@given(actor=people, state=st.sampled_from(Status))
def test_only_granted_moves_are_offered(actor, state):
    for move in LIFECYCLE.offered(state, actor):
        assert state in move.sources
        assert move.needs & actor.permissions


@given(actor=people, state=st.sampled_from(Status))
def test_nobody_but_the_system_aborts(actor, state):
    assert ABORT not in LIFECYCLE.offered(state, actor)
    assert (ABORT in LIFECYCLE.offered(state, SYSTEM)) == (state in PENDING)


@given(path=st.lists(st.sampled_from(LIFECYCLE.moves)), start=st.sampled_from(LIFECYCLE.initial))
def test_nothing_reopens_closed_work(path, start):
    state = start
    for move in path:
        if state in move.sources:
            assert state not in CLOSED or move.target is state is Status.COMPLETED
            state = move.target


def test_every_state_can_be_reached_and_belongs_somewhere():
    reached = {*LIFECYCLE.initial} | {move.target for move in LIFECYCLE.moves}
    assert reached == set(Status)
    assert set(Status) == PENDING | CLOSED
    assert not PENDING & CLOSED
    assert OPEN < PENDING


def test_an_answer_says_what_became_of_the_sale():
    assert DETAIL_OF == {
        Outcome.ACCEPTED: Detail.CONVERTED,
        Outcome.REFUSED: Detail.UNSUCCESSFUL,
    }


WORDS = {"customer name": "{offer} Smith", "offer": "two per cent"}


def test_a_guide_is_filled_in_once():
    assert rendered("Offer {customer name} {offer}.", WORDS) == "Offer {offer} Smith two per cent."


def test_a_token_nobody_knows_stays_visible():
    for text in ("Dear {costumer name}", "{", "}{", "a {offer", "{}", "{{offer}}"):
        shown = rendered(text, WORDS)
        assert shown == text.replace("{offer}", "two per cent")


@given(st.text(alphabet="ab{} "))
def test_text_without_known_tokens_is_left_alone(text):
    assert rendered(text, {"customer name": "x"}) == text
