"""What somebody sees who has not been let in: why not, or the button of an invitation."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

REFUSED_PAGE: Final = """<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <meta name="color-scheme" content="light dark" />
  <title>Dowel</title>
  <main><h1>Dowel</h1><p>{}</p></main>
</html>
"""
"""What a person sees who opens an address that is not good: without a key nothing else is given away."""
INVITED_STYLE: Final = "button { font: inherit; font-size: 1.25em; padding: 0.7em 1.4em; min-height: 3rem; }"
INVITED_PAGE: Final = f"""<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <meta name="color-scheme" content="light dark" />
  <title>Dowel</title>
  <style>{INVITED_STYLE}</style>
  <main>
    <h1>Dowel</h1>
    <form method="post"><button id="enter-button">Open the page on this device</button></form>
    <p>This code works only once.</p>
  </main>
</html>
"""
"""What an invitation opens. Only the button uses it up: programs that look at addresses for a preview press nothing.
The form goes to its own address, token included."""
INVITED_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(INVITED_STYLE.encode()).digest()).decode()}'",
    "Referrer-Policy": "same-origin",  # else the form's origin is told as null
    "Connection": "close",
}
