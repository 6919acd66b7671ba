"""The demo bank: invented, the same for the same seed, of any size, dated up to now."""

from data.demo.bank import ACCOUNTS, PASSWORD, DemoAccount
from data.demo.build import Built, build, is_demo

__all__ = ["ACCOUNTS", "PASSWORD", "Built", "DemoAccount", "build", "is_demo"]
