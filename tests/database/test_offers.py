"""What a version offers in full: product use, transfer price, pricing frame and gifts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.campaigns.actions import ChangeDesign, change_design
from core.campaigns.actions.gifts import SaveConsumable, save_consumable
from core.campaigns.model import Consumable
from core.campaigns.queries import changes_between, design
from core.campaigns.queries.reference import consumables
from core.refusals import Invalid, NotAllowed, NotFound
from tests.making.campaigns import approved_design, draft_design
from tests.making.runs import planned_run


class TestOfferInFull:
    """Product use, transfer price, pricing frame and gifts are kept, compared and copied."""

    @pytest.fixture
    def gifts(self, arrange):
        def rows(session):
            kept = [Consumable(name=n, unit_cost=Decimal(8), stock=20) for n in ("Pen", "Cup")]
            session.add_all(kept)
            session.flush()
            return [each.id for each in kept]

        return arrange(rows)

    def test_is_compared_between_versions_and_copied_to_the_next(
        self, do, ask, arrange, gifts, world
    ):
        pen, cup = gifts
        first = arrange(lambda session: approved_design(session, product_use="Saves"))
        seen = ask(world.mia, design, design_id=first)
        terms = replace(
            seen.terms,
            product_use="Saves and pays",
            transfer_price=Decimal("12.5"),
            pricing_frame="Half a point",
            consumable_ids=(cup, pen, cup),
        )
        arrange(lambda session: planned_run(session, first))
        fact = do(world.mia, change_design, ChangeDesign(first, seen.row_version, terms))
        second = ask(world.mia, design, design_id=fact.design_id)

        assert second.version == 2
        assert second.terms.consumable_ids == (pen, cup)
        changes = {each.what: (each.before, each.after) for each in changes_between(seen, second)}
        assert changes == {
            "Product use": ("Saves", "Saves and pays"),
            "Transfer price": ("none", "12.50"),
            "Pricing frame": ("none", "Half a point"),
            "Given away": ("none", "Pen, Cup"),
        }
        less = replace(second.terms, consumable_ids=(cup,))
        do(world.mia, change_design, ChangeDesign(second.id, second.row_version, less))
        assert ask(world.mia, design, design_id=second.id).consumables == ("Cup",)
        assert ask(world.mia, design, design_id=first).consumables == ()
        assert [(row.name, row.stock) for row in ask(world.mia, consumables)] == [
            ("Cup", 20),
            ("Pen", 20),
        ]

    def test_refuses_what_nobody_stocks_and_prices_below_zero(self, do, ask, arrange, world):
        draft = arrange(draft_design)
        seen = ask(world.mia, design, design_id=draft)
        terms = replace(seen.terms, consumable_ids=(99,))
        with pytest.raises(NotFound, match="thing to give away"):
            do(world.mia, change_design, ChangeDesign(draft, seen.row_version, terms))
        with pytest.raises(Invalid, match="transfer price"):
            replace(seen.terms, transfer_price=Decimal(-1))


class TestGifts:
    def test_are_added_and_counted_anew(self, do, ask, world):
        added = do(world.ada, save_consumable, SaveConsumable(" Money box ", Decimal(3), 200))
        do(world.ada, save_consumable, SaveConsumable("Money box", Decimal("3.50"), 150, added.id))

        [row] = ask(world.mia, consumables)
        assert (row.name, row.unit_cost, row.stock) == ("Money box", Decimal("3.50"), 150)

    def test_refuses_what_makes_no_sense(self, do, world):
        do(world.ada, save_consumable, SaveConsumable("Umbrella", Decimal(8), 5))
        for wrong in ({"name": " "}, {"name": "umbrella"}):
            with pytest.raises(Invalid):
                columns = {"name": "Cup", "unit_cost": Decimal(1), "stock": 1} | wrong
                do(world.ada, save_consumable, SaveConsumable(**columns))
        with pytest.raises(NotFound):
            do(world.ada, save_consumable, SaveConsumable("Cup", Decimal(1), 1, 99))
        with pytest.raises(Invalid):
            SaveConsumable("Cup", Decimal(-1), 1)
        with pytest.raises(Invalid):
            SaveConsumable("Cup", Decimal(1), -1)
        with pytest.raises(NotAllowed):
            do(world.mia, save_consumable, SaveConsumable("Cup", Decimal(1), 1))
