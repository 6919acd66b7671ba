from datetime import date

import pytest

from core.intake.rules import IntakeKind
from core.market.queries import competitors, moves
from core.market.rules import MoveKind
from core.refusals import NotAllowed
from core.windows import Window
from tests.database.test_intake_holdings_and_moves import FEED, MOVES
from tests.making.files import Importing

MORE = "m2,Other,2026-02-05,product_launched,Card,\nm3,Rival,2026-03-01,fee_change,Card,5\n"


@pytest.fixture
def feed(engine, world, tmp_path):
    Importing(engine, world.ada, tmp_path).take(FEED + MORE, MOVES, IntakeKind.MOVES)


@pytest.mark.usefixtures("feed")
def test_moves_are_filtered_by_rival_kind_category_and_day(ask, world):
    rivals = {row.name: row.id for row in ask(world.mia, competitors)}
    assert list(rivals) == ["Other", "Rival"]

    def found(**filters):
        part = ask(world.mia, moves, window=Window(), **filters)
        assert part.total == len(part.rows)
        return [(row.competitor, row.kind, row.new_value) for row in part.rows]

    first, second, third = (
        ("Rival", MoveKind.RATE_CHANGE, 3.5),
        ("Other", MoveKind.PRODUCT_LAUNCHED, None),
        ("Rival", MoveKind.FEE_CHANGE, 5.0),
    )
    assert found() == [first, second, third]
    assert found(competitor_id=rivals["Rival"]) == [first, third]
    assert found(kind=MoveKind.FEE_CHANGE) == [third]
    assert found(category="CARDS") == []
    assert found(since=date(2026, 2, 5)) == [second, third]
    assert found(until=date(2026, 2, 5)) == [first, second]


def test_moves_are_not_for_agents(ask, world):
    for query in (competitors, lambda view: moves(view, window=Window())):
        with pytest.raises(NotAllowed):
            ask(world.ann, query)
