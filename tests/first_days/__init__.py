"""Three scripted first days, as a lifter, a coach and a researcher have them: from README to a result.

``python -m tests.first_days`` lives all three in full (the lifter's with a simulated practice in real time) and prints
for each its steps, seconds and the questions that were left open: a step whose command nothing that was read or seen
before had named, or a page or screen that did not show what it was opened for.
"""
