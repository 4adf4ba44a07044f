"""`--mode=explore`: a page to try a trained generator's codes by hand."""
