"""What units and jobs there are. Nothing here touches the database."""

from core.database import Coded


class UnitKind(Coded):
    BANK = "bank", 1
    REGION = "region", 2
    BRANCH = "branch", 3
    DEPARTMENT = "department", 4
    CONTACT_CENTRE = "contact centre", 5


class JobFunction(Coded):
    RELATIONSHIP_MANAGER = "relationship manager", 1
    ACCOUNT_MANAGER = "account manager", 2
    CONTACT_CENTRE_AGENT = "contact-centre agent", 3
    TELLER = "teller", 4
    OTHER = "other", 5


class SignInSource(Coded):
    PASSWORD = "password", 1
    COMPANY = "company account", 2
