"""What kind of movement a bend was: hinge or squat, the path of the hips, taps."""
