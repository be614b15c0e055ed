"""What a vendor states about itself, and what its labelers say of it: never measured, and kept apart from what is."""
