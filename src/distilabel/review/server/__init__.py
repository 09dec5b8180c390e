"""The web server of the review pages: a JSON API and static files."""
