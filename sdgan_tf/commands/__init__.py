"""Commands: what `sdgan COMMAND` and `main.py --mode=COMMAND` do.

The only code that reads flags, names them in messages, and prints; a module a
command. What computes is in the rooms below, which take plain arguments.
"""
