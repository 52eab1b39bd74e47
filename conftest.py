"""Loads what the tests of several packages share."""

import os

# As for every service: where other threads call gRPC, its handlers of a fork end the child before it becomes
# ExifTool (68 of 600 starts beside running calls; none without them). Must stand before gRPC is imported.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"


from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the code is right. And whether a change
# passes does not depend on the examples of the day: `--hypothesis-profile exploring` looks for new ones.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unhurried", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("unhurried")

pytest_plugins = ["metaextract_testing.fixtures"]
