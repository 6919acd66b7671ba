from core.people.actions.roles import SetRoles, set_roles


def test_tells_what_happened_and_all_of_it_on_a_click(open_page, do, world, choose):
    do(world.ada, set_roles, SetRoles(1, []))

    app = open_page(world.tom, "journal", record="person:1")

    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["Who"], row["What"]) == ("Ada Example", "Roles changed")
    assert "before: agent" in row["Facts"]
    choose(app, "journal", 0)
    assert app.json
    assert "roles changed" in app.subheader[0].value


def test_a_manager_reads_only_of_the_own_campaigns(open_page, do, world):
    do(world.ada, set_roles, SetRoles(1, []))

    app = open_page(world.mia, "journal")

    assert "Nothing of this kind" in app.info[0].value
