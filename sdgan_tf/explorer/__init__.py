"""The explorer: one page to try a trained generator's codes by hand.

`site/` is the page, plain ES modules. It has two back ends: the browser
itself, for the folders of `exporting.web`, and `application.py`, the server of
`--mode=explore`, which also estimates the codes of photographs. What both are
told of a generator is made here too.
"""
