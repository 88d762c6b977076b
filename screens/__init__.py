"""The face: Textual screens, which ask the session and decide nothing."""
