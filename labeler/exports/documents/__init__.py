"""What a dataset version says of itself beside its rows: statistics, datasheet, Croissant, licence, recipes."""
