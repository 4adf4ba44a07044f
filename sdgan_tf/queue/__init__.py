"""A list of trainings, one after the other: `sdgan queue`.

It starts the program itself, a process a training, and reads what run folders
hold; it knows nothing of models.
"""
