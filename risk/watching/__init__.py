"""Watching: whether decisions, scores, features, outcomes and times are as they were, and who is told when not.

`chance` judges, `tallies` counts a day, `figures` and `outcomes` make measures of counts, `bursts` looks every
few minutes, `days` runs it all and raises the alerts.
"""
