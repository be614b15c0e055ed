"""The shapes that trainers and published datasets have, made of what people judged. One module a view.

A view knows its name, its columns and its rows; `registry` knows which views can be made of which project. Pure.
"""
