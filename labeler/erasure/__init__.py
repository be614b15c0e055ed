"""The end of a person's data (GDPR Art. 17). Nothing else removes rows of several rooms at once."""
