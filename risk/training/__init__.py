"""Training of models. Never imported by web or worker: its libraries are installed when a model is trained."""

# Twenty points double the odds of being repaid; 600 points stand for odds of 50 to 1.
SCALE = {"points_to_double_odds": 20, "odds": 50, "at_points": 600}
