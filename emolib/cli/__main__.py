"""`python -m emolib.cli`, for `accelerate launch -m emolib.cli train …`."""

from emolib.cli import main

if __name__ == "__main__":
    main()
