"""Items in the shape of a sweep: indexing, selecting, tables. Knows neither runs nor files."""
