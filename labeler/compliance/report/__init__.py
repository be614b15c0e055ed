"""The compliance report: pure writers. One OSCAL file says everything; pages and tables are made of it alone.

asked     what a report was asked for
source    whose numbers it measures by
evidence  the rows behind each figure, under made-up names, and their keyed digests
oscal     the assessment-results file (`report.json`), and `remedies` the plan of action beside it
system    section III, from the record
seen      that file, read back as what pages show
pages     HTML; `pdf` the tagged PDF; `tables` CSV
made      all files of a report, from facts
bundle    the folder: sums, manifest, signature
sealed    leaves of the record and proofs, as files
verify    the check of a bundle, without a database; `again` makes its figures anew
"""
