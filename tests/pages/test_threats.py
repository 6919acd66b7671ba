from datetime import timedelta

import pytest

from core.market.actions.threats import FindThreats, NoteThreat, find_threats, note_threat
from core.market.model import Watch
from core.market.queries.watches import watches
from core.market.rules import ConclusionKind, MoveKind, Side, ThreatStatus
from core.portfolio.queries import brief_of
from core.portfolio.queries.threats import threat, threats
from core.windows import Window
from tests import world as w
from tests.conftest import NOW
from tests.making import market as m

TODAY = NOW.date()


@pytest.fixture
def threatened(arrange, do, world):
    """Harbour beats our current account by half a point in the north."""

    def make(session):
        m.own_rate(session, 3.0, TODAY - timedelta(days=200), product_id=w.CURRENT)
        session.add(
            Watch(
                product_id=w.CURRENT,
                unit_id=w.BANK,
                product_category=m.SAVINGS,
                side=Side.DEPOSIT,
                threshold=0.5,
            )
        )
        harbour = m.competitor(session, "Harbour")
        m.move(session, harbour, TODAY, kind=MoveKind.RATE_ADDED, new_value=3.5, unit_id=w.NORTH)

    arrange(make)
    return do(world.mia, find_threats, FindThreats()).threat_ids[0]


def button(app, label):
    return next(each for each in app.button if each.label == label)


def field(kind, label):
    return next(each for each in kind if each.label.startswith(label))


class TestConclusions:
    def test_says_what_is_at_stake(self, open_page, world, threatened):
        app = open_page(world.eve, "threats")

        assert not app.exception
        assert [tile.value for tile in app.metric][:2] == ["1", "9"]
        assert "Look for threats now" not in {each.label for each in app.button}

    def test_nothing_new_is_told_calmly(self, open_page, world, threatened):
        app = open_page(world.mia, "threats")

        button(app, "Look for threats now").click().run()

        assert "anew" in app.warning[0].value

    def test_one_that_is_chosen_opens(self, open_page, choose, world, threatened):
        app = open_page(world.mia, "threats")

        choose(app, "threats", 0)

        assert app.query_params["id"] == str(threatened)

    @pytest.mark.usefixtures("threatened")
    def test_a_click_on_what_is_at_stake_opens_it(self, open_page, click, do, ask, world):
        for name in ("Dearer loans", "Many move house"):
            do(world.mia, note_threat, NoteThreat(ConclusionKind.THREAT, name, w.BANK, w.CURRENT))
        drawn = ask(world.mia, threats, window=Window(sort="balance", descending=True)).rows
        app = open_page(world.mia, "threats")

        click(app, "stakes", customdata=["1", "2", 2])

        assert app.query_params["id"] == str(drawn[2].id)

    def test_without_any_it_says_what_to_do(self, open_page, world):
        app = open_page(world.mia, "threats")

        assert any("Set a watch" in each.value for each in app.info)

    def test_who_may_not_is_told(self, open_page, world):
        app = open_page(world.ann, "threats")

        assert "not open to your role" in app.warning[0].value


class TestOne:
    def test_says_by_how_much_theirs_is_better(self, open_page, world, threatened):
        app = open_page(world.mia, "threats", id=threatened)
        said = " ".join(each.value for each in app.markdown)
        assert "Theirs 3.50 %, ours 3.00 %: 0.50 points better for the customer." in said
        leaving = next(each for each in app.metric if each.label == "Likely to leave")
        assert leaving.value.isdecimal()

    def test_a_manager_makes_the_brief(self, open_page, ask, world, threatened):
        app = open_page(world.mia, "threats", id=threatened)
        field(app.number_input, "Goal").set_value(80.0)

        button(app, "Make the brief").click().run()

        row = ask(world.mia, threat, threat_id=threatened)
        assert not app.exception
        assert row.campaign_id is not None
        assert ask(world.mia, brief_of, campaign_id=row.campaign_id).threat_id == threatened

    def test_an_end_before_the_start_is_told_and_nothing_is_made(
        self, open_page, ask, world, threatened
    ):
        app = open_page(world.mia, "threats", id=threatened)
        field(app.date_input, "Until").set_value(TODAY - timedelta(days=1))

        button(app, "Make the brief").click().run()

        assert "before the start" in app.warning[0].value
        assert ask(world.mia, threat, threat_id=threatened).campaign_id is None

    def test_it_is_dismissed_for_a_reason(self, open_page, ask, world, threatened):
        app = open_page(world.mia, "threats", id=threatened)
        button(app, "Dismiss it").click().run()
        assert "Say why" in app.warning[0].value

        field(app.text_input, "Why").set_value("For new customers only")
        button(app, "Dismiss it").click().run()

        assert ask(world.mia, threat, threat_id=threatened).status is ThreatStatus.DISMISSED

    def test_an_executive_sees_figures_and_nobody(self, open_page, world, threatened):
        app = open_page(world.eve, "threats", id=threatened)

        assert app.metric[0].value == "9"
        assert not app.dataframe
        assert not {"Make the brief", "Dismiss it"} & {each.label for each in app.button}

    def test_another_number_is_told(self, open_page, world, threatened):
        app = open_page(world.mia, "threats", id=99)

        assert "no such threat" in app.warning[0].value


class TestWatched:
    def test_a_watch_is_set_and_ended(self, open_page, choose, ask, world, threatened):
        app = open_page(world.mia, "threats", view="Watched")
        field(app.selectbox, "Our product").select_index(0)
        field(app.selectbox, "Competitors' category").select_index(0)
        button(app, "Watch it").click().run()
        assert len(ask(world.mia, watches)) == 2

        choose(app, "watches", 0)
        next(each for each in app.button if "no longer" in each.label).click().run()

        assert len(ask(world.mia, watches)) == 1

    def test_an_approver_only_reads(self, open_page, world, threatened):
        app = open_page(world.pia, "threats", view="Watched")

        assert "Watch it" not in {each.label for each in app.button}
        assert app.dataframe


class TestNoting:
    def test_somebody_notes_an_opportunity(self, open_page, ask, world):
        app = open_page(world.mia, "threats", view="Note one")
        field(app.text_input, "What").set_value("Many move house")
        field(app.selectbox, "Holders of").select_index(0)
        field(app.selectbox, "Kind").select_index(1)

        button(app, "Note it").click().run()

        rows = ask(world.mia, threats, window=Window()).rows
        assert [(row.name, row.kind) for row in rows] == [
            ("Many move house", ConclusionKind.OPPORTUNITY)
        ]

    def test_what_is_missing_is_told(self, open_page, world):
        app = open_page(world.mia, "threats", view="Note one")

        button(app, "Note it").click().run()

        assert "few words" in app.warning[0].value


def test_a_noted_one_shows_no_rates(open_page, do, world):
    note = NoteThreat(ConclusionKind.THREAT, "A branch closes", w.SOUTH, product_id=w.CURRENT)
    id_ = do(world.mia, note_threat, note).threat_id

    app = open_page(world.mia, "threats", id=id_)

    assert any("No rates are compared" in each.value for each in app.markdown)
