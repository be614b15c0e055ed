"""How much people may ask for and take: what one family of limits is, whichever room counts what it holds."""
