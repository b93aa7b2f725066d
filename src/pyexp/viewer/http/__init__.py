"""The web server: routes, security and static files."""
