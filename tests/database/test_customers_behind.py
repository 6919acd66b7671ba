"""The customers behind a combination of segments, and behind a pair of campaigns."""

from dataclasses import replace

import pytest

from core.access import SYSTEM, Permission
from core.coverage.queries.counting import count
from core.coverage.queries.meeting import met_by_both
from core.coverage.queries.overlapping import overlap as campaigns_together
from core.coverage.upkeep import keep, usual_periods
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import Confirmation
from core.segments.model import SegmentMember
from core.segments.queries.overlap import overlap
from core.segments.queries.together import together
from core.segments.rules import SegmentKind
from core.windows import Window
from core.work import reading, upkeep
from tests import world as bank
from tests.conftest import NOW
from tests.making.campaigns import segment
from tests.making.runs import launched_run


def ids(part):
    return {row.id for row in part.rows}


class TestSegments:
    @pytest.fixture
    def kept(self, arrange):
        """Two lists and a rule: 1 to 4, 3 to 6 and 11, and whoever is in the first list."""

        def rows(session):
            listed = {"kind": SegmentKind.STATIC, "rule": None}
            few, others = (segment(session, code, **listed) for code in ("few", "others"))
            again = segment(session, "again", rule={"segment": "few"})
            for id_, members in ((few, (1, 2, 3, 4)), (others, (3, 4, 5, 6, 11))):
                session.add_all(SegmentMember(segment_id=id_, customer_id=each) for each in members)
            return few, others, again

        return arrange(rows)

    def test_are_those_that_the_figure_counts(self, ask, world, kept):
        few, others, again = kept
        found = {
            each.segment_ids: ids(
                ask(world.mia, together, segment_ids=kept, inside=each.segment_ids)
            )
            for each in ask(world.mia, overlap, segment_ids=kept).combinations
        }
        assert found == {
            (few, again): {1, 2},
            (few, others, again): {3, 4},
            (others,): {5, 6, 11},
        }
        for each in ask(world.mia, overlap, segment_ids=kept).combinations:
            part = ask(world.mia, together, segment_ids=kept, inside=each.segment_ids)
            assert part.total == each.customers

    def test_are_sorted_and_paged(self, ask, world, kept):
        few, others, _again = kept
        of = {"segment_ids": [few, others], "inside": [others]}
        by_branch = ask(world.mia, together, window=Window("branch", descending=True), **of)
        assert [row.id for row in by_branch.rows] == [11, 5, 6]
        second = ask(world.mia, together, window=Window("branch", first=1, size=1), **of)
        assert ([row.id for row in second.rows], second.total) == ([6], 3)

    def test_are_of_the_own_branch_and_masked(self, ask, world, kept):
        few, others, _again = kept
        of = {"segment_ids": [few, others], "inside": [others]}
        of_south = replace(world.mia, scope=world.lou.scope)
        assert ids(ask(of_south, together, **of)) == {11}
        with pytest.raises(NotAllowed):
            ask(world.lou, together, **of)
        [row, *_] = ask(world.mia, together, **of).rows
        assert row.name not in (None, f"Customer {row.id:02} Example")

    def test_refuses_what_is_no_combination(self, ask, world, kept):
        few, others, again = kept
        for inside in ((), (again,), (few, again)):
            with pytest.raises(Invalid, match="Choose a combination"):
                ask(world.mia, together, segment_ids=[few, others], inside=inside)
        with pytest.raises(Invalid, match="two to 8"):
            ask(world.mia, together, segment_ids=[few], inside=[few])

    def test_are_for_those_who_see_customers(self, ask, world, kept):
        assert not world.eve.may(Permission.SEE_CUSTOMERS)
        with pytest.raises(NotAllowed):
            ask(world.eve, together, segment_ids=kept, inside=kept[:1])


class TestCampaigns:
    @pytest.fixture
    def met(self, engine, arrange):
        """3, 4 and 11 had both; 5 is held out by the one, and 6 was struck by the other."""

        def rows(session):
            one = launched_run(session, (1, 3, 4, 6, 11), control=(5,), design={"code": "A"})
            other = launched_run(session, (3, 4, 5, 6, 11), design={"code": "B"})
            struck = session.get_one(Candidate, (other.run_id, 6))
            struck.confirmation, struck.rejection = Confirmation.REJECTED, "No"
            return one.campaign_id, other.campaign_id

        made = arrange(rows)
        with reading(engine, SYSTEM, now=NOW) as view:
            found = count(view, periods=usual_periods(view))
        with upkeep(engine) as session:
            keep(session, found)
        return dict(zip(("campaign_id", "other_id"), made, strict=True))

    def test_are_those_whom_both_treated(self, ask, world, met):
        part = ask(world.mia, met_by_both, **met)
        assert ids(part) == {3, 4, 11}
        [pair] = ask(world.mia, campaigns_together).pairs
        assert part.total == pair.both
        assert part.rows[0].name not in (None, f"Customer {part.rows[0].id:02} Example")

    def test_are_of_the_unit_and_the_own_branch(self, ask, world, met):
        assert ids(ask(world.mia, met_by_both, unit_id=bank.SOUTH, **met)) == {11}
        assert ids(ask(world.lou, met_by_both, **met)) == {11}
        with pytest.raises(NotFound):
            ask(world.lou, met_by_both, unit_id=bank.NORTH, **met)

    def test_need_days_that_were_counted(self, ask, world, met):
        with pytest.raises(NotFound, match="not counted yet"):
            ask(world.mia, met_by_both, days=None, first=NOW.date(), last=NOW.date(), **met)

    @pytest.mark.parametrize("who", ["eve", "ann"])
    def test_are_for_those_who_see_customers_and_the_portfolio(self, ask, world, met, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), met_by_both, **met)
