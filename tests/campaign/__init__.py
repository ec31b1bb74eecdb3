"""The fault campaign: a running house that is hit everywhere while money moves."""

LEASE_SECONDS = "CAMPAIGN_LEASE_SECONDS"  # for the worker's environment
