"""Missions: attacks that the training cluster decides, and a learner's progress."""
