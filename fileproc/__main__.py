"""`python -m fileproc` is the command line."""

from fileproc.cli import main

if __name__ == "__main__":
    main()
