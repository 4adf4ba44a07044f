"""Human judges: pairs to answer, and what their answers say."""
