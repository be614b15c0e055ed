"""The benchmark: `make bench`. What it prints are ratios to compare; absolute figures belong to the machine they are of."""
