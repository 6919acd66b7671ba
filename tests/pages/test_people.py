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
    [(id_, row)] = app.session_state["chosen:people"].items()
    assert row.name == names(app)[2]

    app.text_input(key="q").set_value(row.name).run()

    assert list(app.session_state["chosen:people"]) == [id_]
    assert names(app) == [row.name]


def test_is_not_open_to_an_agent_by_its_address_either(open_page, world):
    app = open_page(world.ann, "people")

    assert "not open to your role" in app.warning[0].value
    assert not app.dataframe
