"""The page's certificate: kept, private, made anew when it must be, and shown as browsers show it."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from dowel.recordings.errors import InputError, UsageError
from dowel.web.access import Role
from dowel.web.certificate import RENEW_DAYS, VALID_DAYS, certificate_for
from dowel.web.network import addresses, names_of
from dowel.web.server import network_place
from tests.app.web.served import accept, served

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_it_is_kept_as_long_as_it_fits() -> None:
    first = certificate_for(["192.168.1.5", "gym.local"], NOW)
    assert certificate_for(["192.168.1.5"], NOW) == first
    assert certificate_for(["192.168.1.6"], NOW).fingerprint != first.fingerprint
    second = certificate_for(["192.168.1.6"], NOW)
    soon_over = NOW + timedelta(days=VALID_DAYS - RENEW_DAYS)
    assert certificate_for(["192.168.1.6"], soon_over).fingerprint != second.fingerprint


def test_a_damaged_one_is_made_anew(own_folder: Path) -> None:
    first = certificate_for(["192.168.1.5"], NOW)
    whole = first.path.read_bytes()
    first.path.write_bytes(whole.replace(whole[60:70], b"AAAAAAAAAA"))  # the key alone
    assert certificate_for(["192.168.1.5"], NOW).fingerprint != first.fingerprint
    first.path.write_bytes(whole[:200])
    assert certificate_for(["192.168.1.5"], NOW).fingerprint != first.fingerprint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files of a user from others by the folder")
def test_nobody_else_can_read_the_key() -> None:
    assert stat.S_IMODE(certificate_for(["192.168.1.5"], NOW).path.stat().st_mode) == 0o600


def test_where_it_cannot_be_kept_the_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DOWEL_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(InputError, match="DOWEL_DATA"):
        certificate_for(["192.168.1.5"], NOW)


def test_the_network_sees_the_page_over_tls_with_the_certificate_that_was_told() -> None:
    async def main() -> None:
        async with served(host="127.0.0.1") as each:
            page = each.page
            assert page.network is not None
            assert page.certificate is not None
            context = ssl.create_default_context(cafile=str(page.certificate.path))
            async with httpx.AsyncClient(verify=context, base_url=page.network.url) as phone:
                assert (await phone.get("/")).status_code == 401
                assert (await phone.get("/", params={"token": page.access.screen_token})).status_code == 401
                entered = await accept(phone, "/", page.access.invite(Role.SCREEN))
                assert entered.status_code == 303
                assert "Secure" in entered.headers["set-cookie"]
                posted = await phone.post("/do", json={"action": "set"}, headers={"Origin": page.network.url})
                assert posted.status_code == 400, "it came through; there is no practice"
            told = await each.post("/invite", role="screen")
            assert told.json()["fingerprint"] == page.certificate.fingerprint
            assert told.json()["qr"].startswith("data:image/svg+xml")
            shown_pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", page.network.door.port))
            shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown_pem)).hexdigest().upper()
            assert page.certificate.fingerprint.replace(":", "") == shown
            with pytest.raises(httpx.HTTPError):
                async with httpx.AsyncClient() as client:
                    await client.get(page.network.url.replace("https", "http"))

    asyncio.run(main())


def test_without_the_network_nobody_is_invited() -> None:
    async def main() -> None:
        async with served() as each:
            answer = await each.post("/invite", role="screen")
            assert answer.status_code == 400
            assert "this computer alone" in answer.json()["error"]

    asyncio.run(main())


def test_an_address_that_is_not_this_computers_is_refused_with_those_that_are() -> None:
    for host in ("192.0.2.77", "no-such-host.invalid"):
        with pytest.raises(UsageError, match=r"0\.0\.0\.0"):
            network_place(host)


def test_the_names_of_a_place() -> None:
    assert names_of("192.168.1.5") == ("192.168.1.5",)
    assert names_of("fe80::1") == ("[fe80::1]",)
    assert names_of("Gym.local") == ("gym.local",)
    assert set(addresses()) < set(names_of("0.0.0.0"))
    assert not any(each.startswith("127.") for each in addresses())
