"""Would a test notice? ``python -m tests.mutation`` breaks the code in small ways, and runs the tests of its room."""
