"""The explorer: a page to try a trained generator's codes by hand."""
