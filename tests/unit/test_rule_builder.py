"""What a person chooses from while writing a rule."""

from components.design.rule_values import apart


def test_of_two_with_one_name_neither_hides_the_other():
    assert apart({"B1": "Main Street", "B2": "Main Street", "B3": "Mill Lane"}) == {
        "Main Street (B1)": "B1",
        "Main Street (B2)": "B2",
        "Mill Lane": "B3",
    }
