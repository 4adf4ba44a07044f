"""Data sets of generated identities: chosen, written and resumed.

In here are the choice of identities and pictures and the files that they go
to; embeddings and galleries are evaluation's, and data sets of photographs are
built by `data_pipeline`.
"""
