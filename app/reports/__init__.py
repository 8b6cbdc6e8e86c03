"""The report: what a session says in words, plots and pictures, and the HTML page made of them."""
