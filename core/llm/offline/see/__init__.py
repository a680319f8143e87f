"""offline/see: asks and answers only what the tools prove that looked at the image, and says so when it is not sure."""

ACCURACY = (
    "Asked whether an everyday thing is in a photograph, it answers more than half of the questions, and 2% of these "
    "answers are wrong; the others it leaves open. "
    "Asked what is written on a sign, it answers two of three, and 5% of these answers are not exact."
)
"""What ``bench/see.py`` measured, for people who choose the model."""
