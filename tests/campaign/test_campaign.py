"""The fault campaign: whatever is killed, lost, doubled or lied about, money moves once and both books agree.

What it saw is written to var/log/campaign.txt. CAMPAIGN_SEED=<number> chooses the same blows and faults again.
"""

import os
import sys
import time

from tests.campaign import LEASE_SECONDS
from tests.campaign.campaign import Campaign
from tests.campaign.judgement import report, require_all_well
from tests.campaign.planting import require_all_planted_found
from tests.campaign.wishes import Size
from tests.support.session import ROOT

IMPATIENT = {"INSTITUTION_TIMEOUT_SECONDS": "1"}
# Pauses between questions double, and a channel that failed five times is left alone for a minute: a few such in a row.
SMALL = Size(12, 6, between_blows=4, patience=240, environment={**IMPATIENT, LEASE_SECONDS: "2"})
# By night the lease is the product's own; an order that is lost or denied five times waits half an hour for its end.
LARGE = Size(1000, 500, between_blows=12, patience=3600, environment=IMPATIENT)


def test_money_moves_once_whatever_is_killed_and_every_planted_difference_is_found(open_house, seed):
    size = LARGE if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else SMALL
    sys.stdout.write(f"CAMPAIGN_SEED={seed}\n")
    with open_house(size.environment) as house:
        campaign, began = Campaign(house, size), time.monotonic()
        campaign.run()
        require_all_well(campaign)
        told = report(campaign, seed, time.monotonic() - began)
        told += f"\n  {require_all_planted_found(house)}"
    sys.stdout.write(f"{told}\n")
    (ROOT / "var" / "log").mkdir(parents=True, exist_ok=True)
    (ROOT / "var" / "log" / "campaign.txt").write_text(f"{told}\n")
