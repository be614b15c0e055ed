"""Looking for background work? See labeler/jobs."""
