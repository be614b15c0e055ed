"""What a web server imports: `gunicorn wsgi:app`."""

from labeler.app import create_app
from labeler.config import Settings

app = create_app(Settings())
