"""Layouts of collections: which photograph shows which identity.

One module a layout, each with a function that lists `Photograph`s from a
collection's root; `registry` names them. A picture is opened only to see by
its first bytes that it is one, where its name does not say it.
"""
