"""An application with one empty view: the floor under every page."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def nothing() -> str:
    """Nothing."""
    return ""
