"""What the page and the server exchange: names, ids, encodings, errors. Knows no web framework and no file."""
