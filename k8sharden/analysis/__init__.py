"""Pure evaluators that several items share."""
