"""The command `import_reference`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.reference import import_reference


def run(options: Options) -> None:
    import_reference(legacy.whole())
