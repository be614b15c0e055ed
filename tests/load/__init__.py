"""The benchmark: `make bench`. Compare its ratios; absolute figures belong to the machine they were measured on."""
