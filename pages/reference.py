"""Reference: the reasons, channels, contents and types that designs are made of."""

from components import filters
from components.gateway import heading
from components.reference import channels, gifts, kinds, reasons, retries

PARTS = {
    "Reasons": reasons.reason_list,
    "Templates": reasons.template_list,
    "Retries": retries.retry_list,
    "Channels": channels.channel_list,
    "Contents": channels.content_list,
    "Types": kinds.type_list,
    "Gifts": gifts.gift_list,
}

heading("Reasons and channels", "Which words can designs and activities use?")
part = filters.switch("Part", tuple(PARTS), "part")
PARTS[part]()
