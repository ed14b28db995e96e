"""The entry point of `python -m undertone_train`."""

from .cli import main

main()
