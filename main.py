"""Trains SD-GANs and uses what was trained: flags to one command.

python main.py --flagfile=faces.flags --data_dir=data/faces
"""

from sdgan_tf.commands import program

if __name__ == "__main__":
    program.main_py()
