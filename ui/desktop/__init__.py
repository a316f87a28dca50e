"""The windows: pages that render the workflow's state and post its events."""
