"""`python -m khasan` is `khasan`."""

from khasan.cli import main

if __name__ == "__main__":
    main()
