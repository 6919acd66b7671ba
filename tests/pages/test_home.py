import pytest


@pytest.mark.parametrize("first", ["ann", "lea", "mia", "pia", "eve", "ada", "tom"])
def test_everybody_has_a_home(open_page, world, first):
    app = open_page(getattr(world, first), "home")

    assert first.title() in app.title[0].value
    assert not app.warning
