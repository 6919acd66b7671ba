"""Which segments a campaign changes, so that they say nothing of whom it worked for."""

from core.segments.criteria import InvalidRule, Known, Sold, changed_by, read
from core.segments.rules import SegmentKind


def changed_by_campaign(
    known: Known, product_id: int | None, *, moves_money: bool
) -> frozenset[str]:
    """Return the codes of segments that customers join or leave because a campaign sold to them.

    Membership is read as of now: of the treated those stay who did not buy, of the held out all.
    Lists stay as they are, and a rule that can't be meant has nobody.

    :param moves_money: whether balances move because of it, be the product known or not
    """
    products = known.products.items()
    by_code = {code: each.category for code, each in products if each.id == product_id}
    product, category = next(iter(by_code.items()), (None, None))
    sold = Sold(product, category, moves_money=moves_money)
    found = set()
    for code, segment in known.segments.items():
        if segment.kind is SegmentKind.STATIC or segment.rule is None:
            continue
        try:
            rule = read(segment.rule, known, code=code)
        except InvalidRule:
            continue
        if changed_by(rule, sold):
            found.add(code)
    return frozenset(found)
