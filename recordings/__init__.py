"""What a session is and how it is kept: types, session file, import, export."""
