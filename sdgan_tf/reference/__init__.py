"""The authors' released generators as run folders.

`dump.py` reads a folder of dumped variables, `systems.py` recognises the system
and writes our generator of it.
"""
