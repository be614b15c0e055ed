"""Every figure of a report, worked out a second time from the words of the standard alone."""
