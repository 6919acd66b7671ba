from core.access import Role
from core.activities.model import Activity
from core.people.model import Person
from tests.making.activities import pool_of, row
from tests.world import CERTIFIED, SOUTH

ANN, BEN = 1, 2


def names(app):
    [grid] = app.dataframe
    return list(grid.value["Name"])


def test_lists_and_finds_people(open_page, world):
    app = open_page(world.ada, "people")
    assert len(names(app)) == 11

    app.text_input(key="q").set_value("ann").run()
    assert names(app) == ["Ann Example"]


def test_filters_come_from_the_address(open_page, world):
    app = open_page(world.ada, "people", q="lea")

    assert names(app) == ["Lea Example"]


def test_a_choice_stays_with_its_record_when_the_list_changes(open_page, world, choose):
    app = open_page(world.ada, "people")
    choose(app, "people", 2)
    [(id_, chosen)] = app.session_state["chosen:people"].items()
    assert chosen.name == names(app)[2]

    app.text_input(key="q").set_value(chosen.name).run()

    assert list(app.session_state["chosen:people"]) == [id_]
    assert names(app) == [chosen.name]


def test_is_not_open_to_an_agent_by_its_address_either(open_page, world):
    app = open_page(world.ann, "people")

    assert "not open to your role" in app.warning[0].value
    assert not app.dataframe


def button(app, label):
    return next(each for each in app.button if each.label == label)


class TestAdministration:
    def test_takes_somebody_on_and_lets_them_sign_in(self, open_page, world, choose):
        app = open_page(world.ada, "people")
        for label, value in (
            ("Name", "Nia New"),
            ("Staff number", "S900"),
            ("E-mail address", "nia@bank.example"),
        ):
            next(each for each in app.text_input if each.label == label).input(value)
        next(each for each in app.selectbox if each.label == "Unit" and not each.key).select_index(
            0
        )
        button(app, "Add this person").click().run()
        assert "Nia New is added" in app.success[0].value

        app.text_input(key="q").set_value("nia").run()
        choose(app, "people", 0)
        button(app, "Let this person sign in").click().run()

        assert "signs in as nia with the password" in app.success[0].value

    def test_changes_roles_of_who_is_chosen(self, open_page, world, choose):
        app = open_page(world.ada, "people", q="ann")
        choose(app, "people", 0)

        app.multiselect[0].set_value([Role.TEAM_LEAD])
        button(app, "Change the roles").click().run()

        assert app.success[0].value == "Ann Example is now team lead."
        assert list(app.dataframe[0].value["Roles"]) == ["team lead"]

    def test_certifies_who_is_chosen(self, open_page, world, choose):
        app = open_page(world.ada, "people", q="ben")
        choose(app, "people", 0)

        qualified = next(each for each in app.multiselect if each.label == "Qualifications")
        qualified.set_value([CERTIFIED])
        button(app, "Change the qualifications").click().run()

        assert app.success[0].value == "The qualifications of Ben Example are changed."

    def test_adds_a_team_to_a_unit(self, open_page, world):
        app = open_page(world.ada, "people")
        next(each for each in app.text_input if each.label == "Name of the team").input("Evening")
        where = next(each for each in app.selectbox if each.label == "Unit of the team")
        where.select_index(0)
        button(app, "Add this team").click().run()

        assert app.success[0].value == "Evening is added."

    def test_explains_what_is_missing(self, open_page, world, choose):
        app = open_page(world.ada, "people", q="ann")
        choose(app, "people", 0)

        button(app, "Shut this person out").click().run()

        assert "Say why" in app.warning[0].value

    def test_lets_somebody_leave_with_a_successor(self, open_page, world, choose, engine):
        work = pool_of(engine, held={1: ANN, 2: ANN})
        app = choose(open_page(world.ada, "people", q="ann"), "people", 0)
        [successor] = [each for each in app.selectbox if each.label == "Who takes over"]
        assert successor.options == [
            "Nobody: the branch takes over",
            "Ben Example",
            "Lea Example",
        ]
        successor.select("Ben Example").run()
        told = " ".join(each.value for each in app.markdown)
        assert "This goes to Ben Example" in told
        assert "2 open activities" in told
        assert "2 customers as relationship manager" in told

        [why] = [each for each in app.text_input if each.label == "Why"]
        why.input("left")
        button(app, "Shut this person out").click().run()

        assert app.success[0].value == (
            "Ann Example can't sign in any more. 2 activities, 2 customers went on."
        )
        assert row(engine, Activity, work[1]).person_id == BEN

    def test_lets_somebody_work_in_another_unit(self, open_page, world, choose, engine):
        app = choose(open_page(world.ada, "people", q="ann"), "people", 0)
        [unit] = [each for each in app.selectbox if each.label == "Works from now on in"]
        unit.select("South")
        button(app, "Move this person").click().run()

        assert "Ann Example works elsewhere now" in app.success[0].value
        assert row(engine, Person, ANN).unit_id == SOUTH

    def test_an_auditor_looks_and_changes_nothing(self, open_page, world):
        app = open_page(world.tom, "people")

        assert len(names(app)) == 11
        assert [each.label for each in app.button] == ["Sign out"]
