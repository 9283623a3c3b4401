"""What all tests share."""

from hypothesis import settings

# How long one example takes says more about the machine than about the rule; speed is measured in benchmarks/.
settings.register_profile("portal", deadline=None)
settings.load_profile("portal")
