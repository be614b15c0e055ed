"""The standard, profiles and crosswalks in OSCAL 1.2, the form that auditors' tools read. Pure.

The same input gives the same bytes: ids are made of what they name (UUID version 5), times are those of what is told.
`tests/compliance/schemas` has the schemas that these files are held against.
"""
