"""The demo bank's campaigns: what each is for, whom it addresses, and how far it has come."""

from dataclasses import dataclass

from core.campaigns.rules import ActivityType, DesignStatus, Objective, Priority
from data.demo.bank import ADVICE
from data.reference import CALL, VISIT


@dataclass(frozen=True)
class Version:
    """One version of a design: for whom, and how far it has come."""

    audience: str
    status: DesignStatus = DesignStatus.APPROVED
    due_days: int = 10  # working days


@dataclass(frozen=True)
class CampaignSpec:
    """`starts` and `ends` are days from now; `goal` is a share of the confirmed candidates.

    `gain` is by how many points the treated are to buy more often than those left alone. Whoever
    was not reached is called again `again` days later; only what is not carried out yet does so.
    """

    code: str
    name: str
    description: str
    objective: Objective
    subtype: str
    priority: Priority
    starts: int
    ends: int
    versions: tuple[Version, ...]
    goal: float | None = None
    gain: float | None = None
    product: str | None = None
    base_product: str | None = None
    control_share: int = 1_000
    channel: str = CALL
    qualification: str | None = None
    offer: str = ""
    guide: str = ""
    again: int | None = None

    @property
    def type(self) -> ActivityType:
        return (
            ActivityType.ADMINISTRATIVE
            if self.objective is Objective.ADMINISTRATIVE
            else ActivityType.SALES
        )


CAMPAIGNS = (
    CampaignSpec(
        "SAVE",
        "Save from the first pay day",
        "Everybody with an income has something to put aside, and few do it by themselves.",
        Objective.CROSS_SELL,
        "Savings",
        Priority.MEDIUM,
        -325,
        60,
        (Version("earning-adults"),),
        goal=0.05,
        product="savings",
        offer="A savings account with half a per cent more in the first year",
        guide="Ask what the customer would like to have in three years. Show what fifty a month"
        " come to. Offer to set up the standing order at once.",
    ),
    CampaignSpec(
        "HOME",
        "Home and contents",
        "Homes of our customers that nobody has insured with us.",
        Objective.CROSS_SELL,
        "Insurance",
        Priority.MEDIUM,
        -218,
        -140,
        (Version("householders"),),
        goal=0.06,
        product="home-insurance",
        control_share=2_000,
        channel=VISIT,
        offer="Home insurance without excess in the first year",
        guide="Ask whether the home is insured, and since when the sum has not been looked at.",
    ),
    CampaignSpec(
        "GOLD",
        "From Classic to Gold",
        "The better card for those who earn well.",
        Objective.UP_SELL,
        "Cards",
        Priority.LOW,
        -133,
        -55,
        (Version("good-earners"),),
        goal=0.04,
        product="gold-card",
        base_product="classic-card",
        control_share=2_000,
        offer="The Gold card, the first year for the price of the Classic",
        guide="Name the travel insurance first. Do not press: the Classic card stays a good card.",
    ),
    CampaignSpec(
        "INVEST",
        "Begin to invest",
        "Money that lies on current accounts, for customers who could bind it.",
        Objective.CROSS_SELL,
        "Investments",
        Priority.HIGH,
        -20,
        50,
        (Version("investors-to-be"),),
        goal=0.04,
        product="investment-plan",
        qualification=ADVICE,
        offer="An investment plan from fifty a month, without an entry fee this quarter",
        guide="Ask how long the money can stay away. Explain the risk before the return, and note"
        " that you did. Offer an appointment when the customer hesitates.",
    ),
    CampaignSpec(
        "KYC",
        "Know your customer",
        "Three times a year we ask whether address, telephone and occupation are still right.",
        Objective.ADMINISTRATIVE,
        "Know your customer",
        Priority.VERY_LOW,
        -540,
        200,
        (Version("everybody", due_days=15), Version("from-45", due_days=15), Version("under-45")),
        control_share=0,
        guide="Compare address, telephone, e-mail and occupation. Change what is no longer right.",
    ),
    CampaignSpec(
        "DEPOSIT",
        "Keep the deposits",
        "Term deposits that end this quarter, before a competitor's offer takes them away.",
        Objective.RETENTION,
        "Renewal",
        Priority.HIGH,
        20,
        110,
        (Version("deposits-ending", DesignStatus.DRAFT),),
        goal=0.5,
        product="term-deposit",
        offer="A quarter of a point more for another year",
        again=2,
    ),
    CampaignSpec(
        "FAMILY",
        "Cover for young families",
        "A mortgage and nobody insured: one life insurance for both.",
        Objective.CROSS_SELL,
        "Insurance",
        Priority.MEDIUM,
        14,
        100,
        (Version("young-families", DesignStatus.SUBMITTED),),
        goal=0.05,
        gain=0.03,  # more than its few customers can show: somebody has to decide
        product="life-insurance",
        offer="Life insurance over the sum of the mortgage, two months free",
        guide="Ask who would pay the instalments. Offer a joint appointment.",
        again=3,
    ),
)
