"""Training of scorecards. Never imported by web or worker: its libraries come with `make train`."""
