"""Results as plotly figures. Owns what is drawn; knows no files and no browser."""
